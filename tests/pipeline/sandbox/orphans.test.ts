import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { LIMITS } from '../../contracts/sandbox-commands.ts';
import { fullLevel } from './full-level.ts';
import { processesNaming } from './processes.ts';
import { openAsOrdinaryUser, ordinaryUserObstacle } from './remote-sandbox.ts';

const { missing } = await fullLevel();
const reason = missing ?? ordinaryUserObstacle();
if (reason !== null) process.stderr.write(`orphan test skipped: ${reason}\n`);

it.skipIf(reason !== null)('a command dies with the process that started it', async () => {
  const name = `9${process.pid}`;
  const sandbox = await openAsOrdinaryUser();
  const started = sandbox.start({
    argv: ['/bin/sh', '-c', `setsid sleep ${name} & echo up >&3; wait`],
    binds: [],
    cwd: '/',
    environment: { PATH: '/usr/bin' },
    limits: LIMITS,
  });
  await started.lines[Symbol.asyncIterator]().next();
  expect(processesNaming(name)).not.toEqual([]);
  sandbox.close();
  for (let wait = 0; wait < 200 && processesNaming(name).length > 0; wait++) await sleep(50);
  expect(processesNaming(name)).toEqual([]);
});
