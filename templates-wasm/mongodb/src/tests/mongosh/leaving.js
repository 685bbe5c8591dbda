// The cases of the scripts that let members go: the Job before a set shrinks, and the hand-over before a stop.
// It never runs alone; cases.js has set up the world.
const PARTS = ['remove.js', 'stop.js'];
for (const part of PARTS) load(process.env.KU8_SCRIPTS + '/' + part);

function steps(keep, highest, times) {
  let word = '';
  for (let round = 0; round < times && word !== 'done'; round += 1) {
    try {
      word = step(keep, highest);
    } catch (error) {
      word = 'error: ' + error.message;
    }
    tick();
  }
  return word;
}

function hosts() { return servers[name(0)].config.members.map((one) => one.host).join(); }

cases['shrink: the highest leave one at a time, the primary after handing over'] = function () {
  begin(5, 5);
  settle(5);
  primary = name(4);
  check('done', steps(3, 5, 20) === 'done');
  check('three stay', hosts() === [name(0), name(1), name(2)].join());
  check('handed over', journal.includes('stepDown ' + name(4)));
  check('one by one', journal.includes('reconfig 4') && journal.includes('reconfig 3'));
  check('again is nothing', steps(3, 5, 1) === 'done');
};

cases['shrink: nobody leaves while one that stays is not well'] = function () {
  begin(5, 5);
  settle(5);
  servers[name(1)].sick = true;
  check('waits', steps(3, 5, 5) === 'nobody leaves while ' + name(1) + ' is not well');
  check('five', servers[primary].config.members.length === 5);
};

cases['shrink: a member that leaves may be dead'] = function () {
  begin(5, 5);
  settle(5);
  servers[name(4)].up = false;
  tick();
  check('done', steps(3, 5, 20) === 'done' && hosts() === [name(0), name(1), name(2)].join());
};

cases['shrink: a member somebody added stays'] = function () {
  begin(5, 5);
  settle(5);
  const config = JSON.parse(JSON.stringify(servers[primary].config));
  config.version += 1;
  config.members.push({ _id: 9, host: 'reports.shop.svc:27017' });
  servers[primary].config = config;
  tick();
  check('done', steps(3, 5, 20) === 'done' && hosts().endsWith('reports.shop.svc:27017'));
};

cases['shrink: a set that does not answer is not taken for one that does not exist'] = function () {
  begin(5, 5);
  settle(5);
  for (const server of Object.values(servers)) server.up = false;
  check('not done', steps(3, 5, 3).startsWith('no member of a set answers'));
};

cases['shrink: no set was ever started'] = function () {
  begin(3, 3);
  check('done', steps(3, 5, 1) === 'done');
};

cases['stop: a primary hands over'] = function () {
  begin(3, 3);
  settle(3);
  current = primary;
  check('hands over', handOver() === 'handed over' && primary !== current);
};

cases['stop: a secondary and a set of one just stop'] = function () {
  begin(3, 3);
  settle(3);
  current = name(2);
  check('secondary', handOver() === 'not primary');
  begin(1, 1);
  settle(1);
  current = name(0);
  check('alone', handOver() === 'nobody to hand over to');
};
