import { afterAll, describe } from 'vitest';
import { openSandbox } from '../../../pipeline/sandbox/index.ts';
import { sandboxContract } from '../../contracts/sandbox.ts';
import { fullLevel } from './full-level.ts';
import { openAsOrdinaryUser, ordinaryUserObstacle, type RemoteSandbox } from './remote-sandbox.ts';

const report = await fullLevel();
if (report.missing !== null)
  process.stderr.write(`bubblewrap tests skipped: ${report.missing}\n  fix: ${report.fix}\n`);
const is_root = process.geteuid!() === 0;
const obstacle = is_root ? ordinaryUserObstacle() : null;
if (obstacle !== null) process.stderr.write(`tests of an ordinary user skipped: ${obstacle}\n`);
const remote: RemoteSandbox[] = [];

describe.skipIf(report.missing !== null)('bubblewrap', () => {
  afterAll(() => {
    for (const sandbox of remote) sandbox.close();
  });

  sandboxContract(is_root ? 'started by root' : 'started by an ordinary user', openSandbox);

  describe.skipIf(!is_root || obstacle !== null)('from a test run as root', () => {
    sandboxContract('started by an ordinary user', async () => {
      const sandbox = await openAsOrdinaryUser();
      remote.push(sandbox);
      return sandbox;
    });
  });
});
