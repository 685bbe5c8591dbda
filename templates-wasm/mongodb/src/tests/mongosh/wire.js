// A server of one member on 127.0.0.1:27017 that speaks MongoDB's protocol, with SCRAM and the localhost exception.
// It never keeps data: it is there to show that the real shell connects, logs in and asks what the scripts mean.
const crypto = require('crypto');
const net = require('net');
const bson = require(process.env.KU8_MODULES + '/bson');

const ROUNDS = 15000;
const users = {};
const asked = [];
let set = null;

const hmac = (key, text) => crypto.createHmac('sha256', key).update(text).digest();
const hash = (bytes) => crypto.createHash('sha256').update(bytes).digest();
const error = (code, errmsg) => ({ ok: 0, code: code, errmsg: errmsg });

function makeUser(password) {
  const salt = crypto.randomBytes(16);
  const salted = crypto.pbkdf2Sync(password, salt, ROUNDS, 32, 'sha256');
  return { salt: salt, stored: hash(hmac(salted, 'Client Key')), server: hmac(salted, 'Server Key') };
}

function hello() {
  const answer = {
    ok: 1, minWireVersion: 0, maxWireVersion: 25, maxBsonObjectSize: 16777216, maxMessageSizeBytes: 48000000,
    maxWriteBatchSize: 100000, localTime: new Date(), logicalSessionTimeoutMinutes: 30, connectionId: 1,
    readOnly: false, isWritablePrimary: set !== null, secondary: false, saslSupportedMechs: ['SCRAM-SHA-256'],
  };
  if (set === null) return Object.assign(answer, { isreplicaset: true });
  const hosts = set.members.map((member) => member.host);
  return Object.assign(answer, { setName: set._id, hosts: hosts, primary: hosts[0], me: hosts[0] });
}

function saslStart(session, command) {
  const bare = command.payload.toString().slice(3);
  session.user = users['admin.' + /n=([^,]*)/.exec(bare)[1]];
  if (!session.user) return error(18, 'Authentication failed.');
  session.nonce = /r=([^,]*)/.exec(bare)[1] + crypto.randomBytes(12).toString('base64');
  session.bare = bare;
  session.first = 'r=' + session.nonce + ',s=' + session.user.salt.toString('base64') + ',i=' + ROUNDS;
  return { ok: 1, conversationId: 1, done: false, payload: new bson.Binary(Buffer.from(session.first)) };
}

function saslContinue(session, command) {
  const text = command.payload.toString();
  const whole = [session.bare, session.first, text.replace(/,p=.*/, '')].join();
  const proof = Buffer.from(/p=(.*)$/.exec(text)[1], 'base64');
  const mask = hmac(session.user.stored, whole);
  if (!hash(Buffer.from(proof.map((byte, index) => byte ^ mask[index]))).equals(session.user.stored)) {
    return error(18, 'Authentication failed.');
  }
  session.known = true;
  const answer = 'v=' + hmac(session.user.server, whole).toString('base64');
  return { ok: 1, conversationId: 1, done: true, payload: new bson.Binary(Buffer.from(answer)) };
}

const COMMANDS = {
  replSetGetStatus: () => (set ? { ok: 1, members: [] } : error(94, 'no replset config has been received')),
  replSetInitiate: (command) => {
    set = command.replSetInitiate;
    return { ok: 1 };
  },
  createUser: (command) => {
    users[command.$db + '.' + command.createUser] = makeUser(command.pwd);
    return { ok: 1 };
  },
  usersInfo: (command) => ({ ok: 1, users: users[command.$db + '.' + command.usersInfo] ? [{}] : [] }),
};

function obey(session, command) {
  const name = Object.keys(command)[0];
  if (['hello', 'ismaster', 'isMaster'].includes(name)) return hello();
  if (name === 'saslStart') return saslStart(session, command);
  if (name === 'saslContinue') return saslContinue(session, command);
  if (name === 'buildInfo') return { ok: 1, version: '8.0.0', versionArray: [8, 0, 0, 0], modules: [] };
  if (['ping', 'endSessions'].includes(name)) return { ok: 1 };
  asked.push(name + '@' + command.$db);
  const exception = !Object.keys(users).length && ['createUser', 'replSetInitiate', 'replSetGetStatus'].includes(name);
  if (!session.known && !exception) return error(13, 'command ' + name + ' requires authentication');
  return COMMANDS[name] ? COMMANDS[name](command) : error(59, 'no such command: ' + name);
}

// One message in, one out; the first of a connection comes in the old form, all others in the new one.
function answer(session, message) {
  const old = message.readInt32LE(12) === 2004;
  const at = old ? message.indexOf(0, 20) + 9 : 21;
  const command = bson.deserialize(message.subarray(at, at + message.readInt32LE(at)), { promoteBuffers: true });
  const body = Buffer.from(bson.serialize(obey(session, command)));
  const head = Buffer.alloc(old ? 36 : 21);
  head.writeInt32LE(head.length + body.length, 0);
  head.writeInt32LE(message.readInt32LE(4), 8);
  head.writeInt32LE(old ? 1 : 2013, 12);
  if (old) head.writeInt32LE(1, 32);
  return Buffer.concat([head, body]);
}

net.createServer((socket) => {
  const session = { known: false };
  let waiting = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (data) => {
    waiting = Buffer.concat([waiting, data]);
    while (waiting.length >= 4 && waiting.length >= waiting.readInt32LE(0)) {
      const length = waiting.readInt32LE(0);
      socket.write(answer(session, waiting.subarray(0, length)));
      waiting = waiting.subarray(length);
    }
  });
}).listen(27017, '127.0.0.1');
process.on('SIGTERM', () => {
  console.log('asked ' + asked.join(' '));
  process.exit(0);
});
