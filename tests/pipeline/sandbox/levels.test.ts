import { afterAll, describe } from 'vitest';
import { type Level, openSandbox, probeLevels } from '../../../pipeline/sandbox/index.ts';
import { sandboxContract } from '../../contracts/sandbox.ts';
import { LONE_USER, openAsOrdinaryUser, ordinaryUserObstacle, type RemoteSandbox } from './remote-sandbox.ts';

/** Parts of the contract that a level goes without; `bubblewrap.test.ts` holds the full level to all of it. */
const LACKS: readonly { level: Level; lacks: readonly string[] }[] = [
  { level: 'bubblewrap-bound-proc', lacks: ['processes of the host', 'host paths in command lines'] },
  {
    level: 'landlock',
    lacks: [
      'the network, a listener on this machine included',
      'writing anywhere but to the temporary directories',
      'namespaces, mounts and other ways to more rights',
      'rights that a setuid program would give',
      'files over the limit, one alone or all of /tmp together',
      'no more room in a writable copy than the limit',
      'localhost under its name',
    ],
  },
];

const reports = await probeLevels(LACKS.map(({ level }) => level));
const remote: RemoteSandbox[] = [];
const asOrdinaryUser = async (level: Level): Promise<RemoteSandbox> => {
  const sandbox = await openAsOrdinaryUser(level, level === 'landlock' ? LONE_USER : undefined);
  remote.push(sandbox);
  return sandbox;
};

describe.each(LACKS)('$level', ({ level, lacks }) => {
  const { missing } = reports.find((report) => report.level === level)!;
  const obstacle = process.geteuid!() === 0 ? ordinaryUserObstacle() : 'not run as root';
  if (missing !== null) process.stderr.write(`contract of level ${level} skipped: ${missing}\n`);
  afterAll(() => {
    for (const sandbox of remote.splice(0)) sandbox.close();
  });

  describe.skipIf(missing !== null)('here', () => {
    sandboxContract('started by this user', () => openSandbox({ level }), lacks);
  });
  describe.skipIf(missing !== null || obstacle !== null)('from a test run as root', () => {
    sandboxContract('started by an ordinary user', () => asOrdinaryUser(level), lacks);
  });
});
