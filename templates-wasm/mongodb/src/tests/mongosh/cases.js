// Every script of a member in every situation of the table, in the real mongosh.
// It never asserts on how a script is written: only on what it did to the servers, and what it said.
load(process.env.KU8_TEST + '/world.js');
load(process.env.KU8_SCRIPTS + '/bootstrap.js');

// One turn of a member's own loop, with its own memory.
function turnOf(ordinal, now) {
  const mine = memory[ordinal] || { removedSince: 0, agreed: 0, usersDone: false };
  current = name(ordinal);
  removedSince = mine.removedSince;
  agreed = mine.agreed;
  usersDone = mine.usersDone;
  let act;
  try {
    act = turn(ordinal, now || 1000);
  } catch (error) {
    act = 'error: ' + error.message;
  }
  memory[ordinal] = { removedSince: removedSince, agreed: agreed, usersDone: usersDone };
  tick();
  return act;
}

function status() { return files.readFileSync(process.env.KU8_STATUS + '/member', 'utf8').trim(); }

function settle(count) {
  for (let round = 0; round < 4; round += 1) {
    for (let ordinal = 0; ordinal < count; ordinal += 1) turnOf(ordinal);
  }
}

let failures = 0;
function check(what, holds) {
  if (!holds) {
    failures += 1;
    realPrint('  broken: ' + what + '; journal ' + JSON.stringify(journal) + ', status ' + status());
  }
}

function starts() { return journal.filter((line) => line.startsWith('initiate')).length; }

// Loses a member's volume; where a majority is left, another one leads.
function wipe(ordinal) {
  servers[name(ordinal)] = fresh(ordinal);
  delete memory[ordinal];
  const living = Object.values(servers).filter((server) => server.up && listed(server));
  primary = living.length >= 2 ? living[0].host : null;
}

const cases = {};

cases['first boot waits for every member'] = function () {
  begin(3, 3);
  servers[name(2)].up = false;
  for (let round = 0; round < 5; round += 1) check('waits', turnOf(0) === 'wait');
  check('says for whom', status() === 'waiting no answer from ' + name(2));
  check('no set', starts() === 0);
};

cases['all members fresh: member 0 starts one set, once, after a second look'] = function () {
  begin(3, 3);
  check('others wait', turnOf(1) === 'wait' && turnOf(2) === 'wait');
  check('looks again', turnOf(0) === 'look again' && starts() === 0);
  check('starts', turnOf(0) === 'initiate' && starts() === 1);
  settle(3);
  check('once', starts() === 1 && servers[name(0)].config.members.length === 3);
  check('ready', status().startsWith('ready'));
};

cases['users are made once, with the roles they need'] = function () {
  begin(3, 3);
  settle(3);
  const made = journal.filter((line) => line.startsWith('user'));
  check('three', made.length === 3 && made[0] === 'user admin.root ["root"]');
  check('roles', made[1] === 'user orders.app [{"role":"readWrite","db":"orders"},{"role":"dbAdmin","db":"orders"}]');
  memory = {};
  settle(3);
  check('not again', journal.filter((line) => line.startsWith('user')).length === 3);
};

cases['a crash between the users is made good'] = function () {
  begin(1, 1);
  settle(1);
  delete servers[name(0)].users['orders.app'];
  memory = {};
  turnOf(0);
  check('made', servers[name(0)].users['orders.app'] === SECRETS.password);
};

cases['users exist with another password: nothing is changed, and it is said'] = function () {
  begin(1, 1);
  settle(1);
  servers[name(0)].users['admin.root'] = 'somebody else';
  memory = {};
  const before = JSON.stringify(servers[name(0)].users);
  check('refuses', turnOf(0).includes('the password of root in the Secret is not theirs'));
  check('unchanged', before === JSON.stringify(servers[name(0)].users));
};

cases['one peer has a set: member 0 never starts another'] = function () {
  begin(3, 3);
  settle(3);
  wipe(0);
  check('sees it', turnOf(0) === 'join' && status() === 'waiting in the set; waiting for its data');
  for (let round = 0; round < 3; round += 1) check('rests', turnOf(0) === 'rest');
  check('one start', starts() === 1);
  check('taken back in', listed(servers[name(0)]) && servers[name(0)].users['admin.root'] !== undefined);
};

cases['a wiped member 0 while the others are silent: waits'] = function () {
  begin(3, 3);
  settle(3);
  servers[name(1)].up = false;
  servers[name(2)].up = false;
  wipe(0);
  for (let round = 0; round < 5; round += 1) check('waits', turnOf(0) === 'wait');
  check('one start', starts() === 1);
};

cases['a wiped member 0 while the others still read what they belong to'] = function () {
  begin(3, 3);
  settle(3);
  servers[name(1)].loading = true;
  servers[name(2)].loading = true;
  wipe(0);
  check('looks again', turnOf(0) === 'look again');
  check('and is refused by the server', turnOf(0).includes('has data already'));
  servers[name(1)].loading = false;
  servers[name(2)].loading = false;
  settle(3);
  check('one start', starts() === 1);
};

cases['a member with users that sees no set of its own is not fresh'] = function () {
  begin(3, 3);
  servers[name(0)].users = { 'admin.root': 'x' };
  for (let round = 0; round < 5; round += 1) check('waits', turnOf(0) === 'wait');
  check('no set', starts() === 0);
};

cases['a peer of another set: waits'] = function () {
  begin(2, 2);
  servers[name(1)].config = { _id: 'other', version: 1, members: [{ _id: 0, host: name(1) }] };
  tick();
  check('waits', turnOf(0) === 'wait' && status().includes('another set, other'));
};

cases['growth: members join one at a time, and not while one is syncing'] = function () {
  begin(3, 1);
  settle(1);
  want(3);
  servers[name(1)].sick = true;
  check('joins', turnOf(1) === 'join' && servers[name(0)].config.members.length === 2);
  check('waits', turnOf(2) === 'join' && status().includes('waiting for ' + name(1) + ', which is STARTUP2'));
  check('still two', servers[name(0)].config.members.length === 2);
  servers[name(1)].sick = false;
  turnOf(2);
  check('three', servers[name(0)].config.members.length === 3 && starts() === 1);
};

cases['no primary: a newcomer waits'] = function () {
  begin(4, 3);
  settle(3);
  servers[name(0)].up = false;
  servers[name(1)].up = false;
  tick();
  primary = null;
  want(4);
  check('waits', turnOf(3) === 'wait' && status().includes('no primary'));
};

cases['a member beyond the count does not ask to come in'] = function () {
  begin(4, 3);
  settle(3);
  check('waits', turnOf(3) === 'wait' && status().includes('not one of the 3 members'));
};

cases['a member that was taken out asks again only after five minutes'] = function () {
  begin(3, 3);
  settle(3);
  const config = JSON.parse(JSON.stringify(servers[primary].config));
  config.version += 1;
  config.members = config.members.filter((one) => one.host !== name(2));
  servers[primary].config = config;
  tick();
  check('waits', turnOf(2, 1000) === 'wait' && turnOf(2, 1299) === 'wait');
  check('asks', turnOf(2, 1300) === 'join' && servers[primary].config.members.length === 3);
};

cases['a mongod that does not answer is waited for'] = function () {
  begin(1, 1);
  servers[name(0)].up = false;
  check('waits', turnOf(0) === 'wait' && status().includes('does not answer'));
};

load(process.env.KU8_TEST + '/leaving.js');

for (const what of Object.keys(cases)) {
  const before = failures;
  cases[what]();
  realPrint((failures === before ? 'ok ' : 'FAILED ') + what);
}
for (const secret of Object.values(SECRETS)) {
  const told = printed.some((line) => line.includes(secret) || line.includes(encodeURIComponent(secret)));
  check('a password was printed', !told);
}
realPrint(failures === 0 ? 'all held' : 'broken: ' + failures);
process.exit(failures === 0 ? 0 : 1);
