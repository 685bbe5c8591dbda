// Runs beside mongod for as long as it lives: starts the set once, makes the users once, joins a set that exists.
// It never starts a second set, never changes a user that is there, and never touches another member's data.
load(process.env.KU8_SCRIPTS + '/ku8.js');

let removedSince = 0;
let agreed = 0;
let usersDone = false;
let lastWord = '';

// Where the probes look; written anew every turn, so that its age tells whether this loop lives.
function note(ready, why) {
  const file = setting('STATUS') + '/member';
  fs.writeFileSync(file + '.new', (ready ? 'ready ' : 'waiting ') + why + '\n');
  fs.renameSync(file + '.new', file);
  if (why !== lastWord) say(why);
  lastWord = why;
}

function initiate(wanted) {
  const members = [];
  for (let ordinal = 0; ordinal < wanted; ordinal += 1) members.push({ _id: ordinal, host: memberHost(ordinal) });
  const connection = open(OWN);
  try {
    run(connection, 'admin', { replSetInitiate: { _id: setting('SET'), members: members } });
    say('the set ' + setting('SET') + ' is started with ' + wanted + ' members');
  } finally {
    shut(connection);
  }
}

// The primary's connection as root; the first time there is no user yet, and localhost may make one.
function rootOrFirst() {
  try {
    // Named before it is returned: a shell that awaits by itself would let the failure pass this `try` otherwise.
    const known = asRoot(OWN);
    return known;
  } catch (error) {
    if (error.code !== 18) throw error;
  }
  const connection = open(OWN);
  try {
    run(connection, 'admin', {
      createUser: 'root', pwd: password('root-password'), roles: ['root'],
      writeConcern: { w: 'majority', wtimeout: 20000 },
    });
    say('the user root is made');
  } catch (error) {
    if (error.code !== 13) throw error;
    throw new Error('the users exist, and the password of root in the Secret is not theirs; nothing was changed');
  } finally {
    shut(connection);
  }
  return asRoot(OWN);
}

function ensureUser(connection, database, user, key, roles) {
  const found = run(connection, database, { usersInfo: user });
  if (found.users.length > 0) return;
  run(connection, database, {
    createUser: user, pwd: password(key), roles: roles, writeConcern: { w: 'majority', wtimeout: 20000 },
  });
  say('the user ' + user + ' of ' + database + ' is made');
}

function users() {
  const connection = rootOrFirst();
  try {
    const database = setting('DATABASE');
    const roles = [{ role: 'readWrite', db: database }, { role: 'dbAdmin', db: database }];
    ensureUser(connection, database, setting('USERNAME'), 'password', roles);
    if (process.env.KU8_METRICS === 'true') {
      const watch = [{ role: 'clusterMonitor', db: 'admin' }, { role: 'read', db: 'local' }];
      ensureUser(connection, 'admin', 'metrics', 'metrics-password', watch);
    }
    usersDone = true;
  } finally {
    shut(connection);
  }
}

// Asks the primary to take this member in: one at a time, and only while all the others are well.
function join(ordinal, primary) {
  const connection = asRoot(primary);
  try {
    const config = run(connection, 'admin', { replSetGetConfig: 1 }).config;
    const host = memberHost(ordinal);
    const ids = [];
    for (const member of config.members) {
      if (member.host === host) return 'in the set; waiting for its data';
      ids.push(member._id);
    }
    const status = run(connection, 'admin', { replSetGetStatus: 1 });
    for (const member of status.members) {
      if (member.state !== 1 && member.state !== 2) return 'waiting for ' + member.name + ', which is ' + member.stateStr;
    }
    let id = ordinal;
    while (ids.includes(id)) id += 1;
    config.version += 1;
    config.members.push({ _id: id, host: host });
    run(connection, 'admin', { replSetReconfig: config, maxTimeMS: 20000 });
    return 'taken into the set by ' + primary;
  } finally {
    shut(connection);
  }
}

// One turn; returns the action taken, for the tests.
function turn(ordinal, now) {
  const own = lookAtOwn();
  if (own.is !== 'removed') removedSince = 0;
  else if (removedSince === 0) removedSince = now;
  const wanted = wantedMembers();
  const peers = [];
  if (own.is === 'fresh' || own.is === 'removed') {
    for (let peer = 0; peer < wanted; peer += 1) {
      if (peer !== ordinal) peers.push(look(memberHost(peer)));
    }
  }
  const next = decide(ordinal, wanted, own, peers, removedSince === 0 ? 0 : now - removedSince);
  agreed = next.act === 'initiate' ? agreed + 1 : 0;
  note(own.readable, next.why);
  if (next.act === 'initiate') {
    // Seen twice, because a member that is just starting may not have read yet what it belongs to.
    if (agreed < 2) return 'look again';
    initiate(wanted);
  }
  if (next.act === 'users' && !usersDone) users();
  if (next.act === 'join') note(false, join(ordinal, next.primary));
  return next.act;
}

function main() {
  process.on('SIGTERM', () => process.exit(0));
  const ordinal = Number(setting('POD').split('-').pop());
  if (!Number.isInteger(ordinal)) throw new Error('the pod is called ' + setting('POD') + ', not NAME-ORDINAL');
  for (;;) {
    try {
      turn(ordinal, Date.now() / 1000);
    } catch (error) {
      say('not done, trying again: ' + error.message);
    }
    sleep(5000);
  }
}

if (!process.env.KU8_TEST) main();
