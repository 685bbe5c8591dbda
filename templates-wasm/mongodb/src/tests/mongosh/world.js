// A world of servers for the scripts: hello, the localhost exception, a replica set that elects and copies.
// It never opens a socket: `Mongo` is replaced, and every command passes through `sleep`, so that it is awaited.
const files = require('fs');
const SECRETS = { 'root-password': 'Root/pass@1', password: 'App:pass%2', 'metrics-password': 'Metr#pass3' };
const printed = [];
const realPrint = print;
let servers = {};
let memory = {};
let current = null;
let primary = null;
let journal = [];

print = function (text) { printed.push(String(text)); };

function name(ordinal) { return 'orders-' + ordinal + '.orders-headless.shop.svc.cluster.local:27017'; }

function fail(code, message) {
  const error = new Error(message);
  error.code = code;
  throw error;
}

// Puts `count` empty servers there, of which `wanted` are to be members.
function begin(count, wanted) {
  servers = {};
  memory = {};
  primary = null;
  journal = [];
  for (let ordinal = 0; ordinal < count; ordinal += 1) servers[name(ordinal)] = fresh(ordinal);
  want(wanted);
}

function fresh(ordinal) {
  return { host: name(ordinal), up: true, users: {}, config: null, loading: false, sick: false, seen: 0 };
}

function want(count) { files.writeFileSync(process.env.KU8_MEMBERS_FILE, count + '\n'); }

function listed(server) {
  return Boolean(server.config) && !server.loading && server.config.members.some((one) => one.host === server.host);
}

// Heartbeats, an election where a majority is up, and copies of the data.
function tick() {
  const old = servers[primary];
  if (primary && !(old && old.up && listed(old))) primary = null;
  let newest = null;
  for (const server of Object.values(servers)) {
    if (server.up && listed(server) && (!newest || server.config.version > newest.config.version)) newest = server;
  }
  if (!newest) return;
  const config = newest.config;
  for (const server of Object.values(servers)) {
    const inside = config.members.some((one) => one.host === server.host);
    if (server.up && (inside || server.config)) server.config = config;
    if (server.up && inside) Object.assign(server.users, newest.users);
  }
  const living = config.members.filter((one) => servers[one.host] && servers[one.host].up).map((one) => one.host);
  if (!primary && living.length * 2 > config.members.length) primary = living[0];
}

function stateOf(host) {
  const server = servers[host];
  if (!server || !server.up) return [8, '(not reachable/healthy)'];
  if (server.sick) return [5, 'STARTUP2'];
  return host === primary ? [1, 'PRIMARY'] : [2, 'SECONDARY'];
}

function may(session, action) {
  if (session.user === 'root') return;
  const exception = ['createUser', 'replSetInitiate', 'replSetGetStatus'];
  if (session.local && !Object.keys(session.server.users).length && exception.includes(action)) return;
  fail(13, 'command ' + action + ' requires authentication');
}

function serveHello(server) {
  if (!listed(server)) return { ok: 1, isWritablePrimary: false, secondary: false, isreplicaset: true };
  const [state] = stateOf(server.host);
  const answer = { ok: 1, setName: server.config._id, isWritablePrimary: state === 1, secondary: state === 2 };
  answer.hosts = server.config.members.map((one) => one.host);
  if (primary) answer.primary = primary;
  return answer;
}

function serveInitiate(server, config) {
  if (server.config) fail(23, 'already initialized');
  for (const one of config.members) {
    const peer = servers[one.host];
    if (!peer || !peer.up) fail(74, 'replSetInitiate quorum check failed');
    if (peer.config || Object.keys(peer.users).length) fail(110, one.host + ' has data already, cannot initiate set.');
  }
  server.config = { _id: config._id, version: 1, members: config.members };
  journal.push('initiate ' + server.host);
  tick();
}

function serveReconfig(server, config) {
  if (server.host !== primary) fail(10107, 'not primary');
  const changed = Math.abs(config.members.length - server.config.members.length);
  if (config.version !== server.config.version + 1 || changed > 1) fail(103, 'one change at a time');
  if (!config.members.some((one) => one.host === server.host)) fail(103, 'the primary cannot take itself out');
  if (new Set(config.members.map((one) => one._id)).size !== config.members.length) fail(103, 'an _id is used twice');
  server.config = config;
  journal.push('reconfig ' + config.members.length);
  tick();
}

function obey(session, database, command) {
  const server = session.server;
  if (!server.up) fail(undefined, 'connection refused');
  const action = Object.keys(command)[0];
  if (action === 'hello') {
    server.seen += 1;
    return serveHello(server);
  }
  may(session, action);
  if (action === 'replSetGetStatus') {
    if (!server.config || server.loading) fail(94, 'no replset config has been received');
    if (!listed(server)) fail(93, 'not a member');
    const members = server.config.members.map((one) => {
      const [state, stateStr] = stateOf(one.host);
      return { name: one.host, state: state, stateStr: stateStr };
    });
    return { ok: 1, members: members };
  }
  if (action === 'replSetInitiate') serveInitiate(server, command.replSetInitiate);
  else if (action === 'replSetGetConfig') return { ok: 1, config: JSON.parse(JSON.stringify(server.config)) };
  else if (action === 'replSetReconfig') serveReconfig(server, command.replSetReconfig);
  else if (action === 'replSetStepDown') {
    if (server.host !== primary) fail(10107, 'not primary');
    const others = server.config.members.filter((one) => one.host !== server.host && servers[one.host].up);
    if (!others.length) fail(262, 'No electable secondaries caught up');
    primary = others[others.length - 1].host;
    journal.push('stepDown ' + server.host);
  } else if (action === 'usersInfo') {
    return { ok: 1, users: server.users[database + '.' + command.usersInfo] ? [{}] : [] };
  } else if (action === 'createUser') {
    if (server.host !== primary) fail(10107, 'not primary');
    server.users[database + '.' + command.createUser] = command.pwd;
    journal.push('user ' + database + '.' + command.createUser + ' ' + JSON.stringify(command.roles));
    tick();
  } else fail(59, 'no such command: ' + action);
  return { ok: 1 };
}

// The real one connects while it is made, so this one is a function whose answer has to be awaited as well.
Mongo = function (uri) {
  const found = /^mongodb:\/\/(?:([^:]+):([^@]+)@)?([^/@]+)\/\?directConnection=true/.exec(uri);
  if (!found) fail(undefined, 'cannot read the address');
  const local = found[3] === '127.0.0.1:27017';
  const server = servers[local ? current : found[3]];
  sleep(1);
  if (!server || !server.up) fail(undefined, 'connect ECONNREFUSED');
  const user = found[1] || null;
  if (user && server.users['admin.' + user] !== decodeURIComponent(found[2])) fail(18, 'Authentication failed.');
  const session = { server: server, local: local, user: user };
  return {
    getDB: function (database) {
      return {
        runCommand: function (command) {
          sleep(1);
          return obey(session, database, command);
        },
      };
    },
    close: function () { sleep(1); },
  };
};
