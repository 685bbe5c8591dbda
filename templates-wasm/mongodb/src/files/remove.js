// Takes the members beyond KU8_KEEP out of the set, one at a time, before their pods go.
// It never takes one out unless all that stay are well, and never touches a member somebody added by hand.
load(process.env.KU8_SCRIPTS + '/ku8.js');

// One step: `done`, or why not yet; throws what may pass.
function step(keep, highest) {
  const seen = [];
  for (let ordinal = 0; ordinal < Math.max(keep, highest); ordinal += 1) seen.push(look(memberHost(ordinal)));
  const living = seen.filter((member) => member.set);
  if (!living.length) {
    const silent = seen.slice(0, keep).filter((member) => !member.answers).map((member) => member.host);
    if (silent.length) return 'no member of a set answers; silent: ' + silent.join(', ');
    say('no set was started yet, so nobody has to leave it');
    return 'done';
  }
  const told = living.filter((member) => member.primary);
  if (!told.length) return 'the set has no primary now';
  const primary = told[0].primary;
  const connection = asRoot(primary);
  try {
    const config = run(connection, 'admin', { replSetGetConfig: 1 }).config;
    const status = run(connection, 'admin', { replSetGetStatus: 1 });
    const well = [];
    for (const member of status.members) {
      if (member.state === 1 || member.state === 2) well.push(member.name);
    }
    let leaving = null;
    for (const member of config.members) {
      if (ordinalOf(member.host) < keep) continue;
      if (leaving === null || ordinalOf(member.host) > ordinalOf(leaving)) leaving = member.host;
    }
    if (leaving === null) return 'done';
    for (let ordinal = 0; ordinal < keep; ordinal += 1) {
      if (!well.includes(memberHost(ordinal))) return 'nobody leaves while ' + memberHost(ordinal) + ' is not well';
    }
    if (leaving === primary) {
      say(primary + ' is primary and leaves: it hands over first');
      try {
        run(connection, 'admin', { replSetStepDown: 120, secondaryCatchUpPeriodSecs: 20 });
      } catch (error) {
        // The server may close the connection as it steps down; the next step sees who is primary.
        say('handing over: ' + error.message);
      }
      return 'waiting for another primary';
    }
    config.version += 1;
    config.members = config.members.filter((member) => member.host !== leaving);
    run(connection, 'admin', { replSetReconfig: config, maxTimeMS: 20000 });
    say(leaving + ' has left the set; ' + config.members.length + ' members stay');
    return 'another step';
  } finally {
    shut(connection);
  }
}

function main() {
  process.on('SIGTERM', () => process.exit(143));
  const keep = Number(setting('KEEP'));
  const until = Date.now() + 1000 * Number(setting('PATIENCE'));
  let lastWord = '';
  for (;;) {
    let word;
    try {
      word = step(keep, Number(setting('HIGHEST')));
    } catch (error) {
      word = 'trying again: ' + error.message;
    }
    if (word === 'done') break;
    if (word !== lastWord) say(word);
    lastWord = word;
    if (Date.now() > until) {
      say('mongodb: no member was lost, and the pods stay as they are; mend the set, delete this Job and publish again');
      process.exit(1);
    }
    sleep(word === 'another step' ? 500 : 3000);
  }
  say('only members below ' + keep + ' are in the set');
}

if (!process.env.KU8_TEST) main();
