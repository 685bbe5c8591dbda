// What the scripts of a member share: names, passwords, connections, and the table that decides what a member does.
// It never prints a password, nor hands one to another process: they are read from files and stay in this one.
const fs = require('fs');

const OWN = '127.0.0.1:27017';
// Seconds after which a member that was taken out may ask to come back: by then every pod has the new count.
const AWAY = 300;

function setting(name) {
  const value = process.env['KU8_' + name];
  if (value === undefined || value === '') throw new Error('the variable KU8_' + name + ' is not set');
  return value;
}

// The number of members wanted; the file follows the ConfigMap without a restart.
function wantedMembers() {
  const text = fs.readFileSync(setting('MEMBERS_FILE'), 'utf8').trim();
  if (!/^[1-9][0-9]*$/.test(text)) throw new Error('the number of members cannot be read: ' + text);
  return Number(text);
}

function memberHost(ordinal) {
  return setting('NAME') + '-' + ordinal + '.' + setting('DOMAIN') + ':27017';
}

// The ordinal of a member of ours, or -1 for a host somebody else added.
function ordinalOf(host) {
  for (let ordinal = 0; ordinal < 64; ordinal += 1) {
    if (memberHost(ordinal) === host) return ordinal;
  }
  return -1;
}

function password(key) {
  return fs.readFileSync(setting('AUTH') + '/' + key, 'utf8').replace(/\n$/, '');
}

// Opens one member and no other; a user is given by name, and its password is read here.
function open(host, user, key) {
  const login = user ? user + ':' + encodeURIComponent(password(key)) + '@' : '';
  const options = 'directConnection=true&authSource=admin&serverSelectionTimeoutMS=3000&connectTimeoutMS=3000'
    + '&socketTimeoutMS=30000&appName=ku8';
  return new Mongo('mongodb://' + login + host + '/?' + (user ? options : options.replace('authSource=admin&', '')));
}

function asRoot(host) {
  return open(host, 'root', 'root-password');
}

// Runs one command on a database of an open connection and always throws where it fails.
function run(connection, database, command) {
  const answer = connection.getDB(database).runCommand(command);
  if (answer && answer.ok === 0) {
    const error = new Error(answer.errmsg || 'the command failed');
    error.code = answer.code;
    throw error;
  }
  return answer;
}

function shut(connection) {
  try {
    if (connection) connection.close();
  } catch (error) {
    // A connection that is gone is shut.
  }
}

// What a member says of itself to anybody: hello needs no user.
function look(host) {
  let connection;
  try {
    connection = open(host);
    const hello = run(connection, 'admin', { hello: 1 });
    return {
      host: host,
      answers: true,
      set: hello.setName || null,
      listed: Array.isArray(hello.hosts) && hello.hosts.length > 0,
      members: Array.isArray(hello.hosts) ? hello.hosts.length : 0,
      writable: hello.isWritablePrimary === true,
      readable: hello.isWritablePrimary === true || hello.secondary === true,
      primary: hello.primary || null,
    };
  } catch (error) {
    return { host: host, answers: false, set: null, listed: false, members: 0, writable: false, readable: false,
      primary: null, why: error.message };
  } finally {
    shut(connection);
  }
}

// What this member is: `silent`, `member`, `fresh` (no set, no users: nothing was ever here) or `removed`.
// Only the server's own word makes it fresh: one that has users, or is still reading its configuration, is not.
function lookAtOwn() {
  const own = look(OWN);
  own.is = 'silent';
  if (!own.answers) return own;
  own.is = 'member';
  if (own.listed) return own;
  own.is = 'removed';
  let connection;
  try {
    connection = open(OWN);
    run(connection, 'admin', { replSetGetStatus: 1 });
    own.is = 'member';
  } catch (error) {
    if (error.code === 94) own.is = 'fresh';
  } finally {
    shut(connection);
  }
  return own;
}

// THE TABLE. `own` is this member, `peers` the other configured ones, each as `look` found it.
function decide(ordinal, wanted, own, peers, away) {
  if (own.is === 'silent') return { act: 'wait', why: 'mongod does not answer yet' };
  if (own.is === 'member') {
    return own.writable ? { act: 'users', why: 'primary' } : { act: 'rest', why: own.readable ? 'secondary' : 'syncing' };
  }
  if (ordinal >= wanted) return { act: 'wait', why: 'not one of the ' + wanted + ' members' };
  const strangers = peers.filter((peer) => peer.set && peer.set !== setting('SET'));
  if (strangers.length) return { act: 'wait', why: strangers[0].host + ' is of another set, ' + strangers[0].set };
  const living = peers.filter((peer) => peer.set);
  if (living.length) {
    if (own.is === 'removed' && away < AWAY) return { act: 'wait', why: 'taken out of the set' };
    const told = living.filter((peer) => peer.primary);
    if (!told.length) return { act: 'wait', why: 'a set exists and has no primary now' };
    return { act: 'join', why: 'a set exists', primary: told[0].primary };
  }
  if (own.is === 'removed') return { act: 'wait', why: 'has data of a set and sees no member of it' };
  if (ordinal !== 0) return { act: 'wait', why: 'member 0 starts the set' };
  const silent = peers.filter((peer) => !peer.answers).map((peer) => peer.host);
  if (silent.length) return { act: 'wait', why: 'no answer from ' + silent.join(', ') };
  return { act: 'initiate', why: 'all ' + wanted + ' members answer, and none has a set' };
}

function say(text) {
  print(new Date().toISOString() + ' ' + text);
}
