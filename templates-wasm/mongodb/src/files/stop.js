// Before mongod stops: a primary hands over, so that clients wait for an election no longer than they must.
// It never holds a shutdown up for longer than the handing over takes, and never fails it.
load(process.env.KU8_SCRIPTS + '/ku8.js');

function handOver() {
  const own = look(OWN);
  if (!own.writable) return 'not primary';
  if (own.members < 2) return 'nobody to hand over to';
  const connection = asRoot(OWN);
  try {
    run(connection, 'admin', { replSetStepDown: 60, secondaryCatchUpPeriodSecs: 20 });
    return 'handed over';
  } finally {
    shut(connection);
  }
}

if (!process.env.KU8_TEST) {
  try {
    say(handOver());
  } catch (error) {
    say('not handed over: ' + error.message);
  }
}
