import { expect, it } from 'vitest';
import { killAtRandom } from '../kills.ts';
import { missingSandbox } from '../tiny.ts';

const missing = await missingSandbox();
it.skipIf(missing !== null)(
  'fifty kills at random moments: every round ends in the same tables',
  async () => {
    const seed = process.env.KILL_SEED ?? String(Date.now());
    process.stderr.write(`kills at random: KILL_SEED=${seed}\n`);
    const { kills, undisturbed, resumed } = await killAtRandom({ kills: 50, seed, latest: 0.9 });
    process.stderr.write(`${kills} kills over ${resumed.length} rounds\n`);
    for (const digests of resumed) expect(digests).toEqual(undisturbed);
  },
  1_800_000,
);
