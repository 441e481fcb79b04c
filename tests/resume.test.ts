import { expect, it } from 'vitest';
import { killAtRandom } from './kills.ts';
import { missingSandbox } from './tiny.ts';

const missing = await missingSandbox();
it.skipIf(missing !== null)(
  'a round killed three times ends in the same tables',
  async () => {
    const seed = process.env.KILL_SEED ?? String(Date.now());
    process.stderr.write(`kills at random: KILL_SEED=${seed}\n`);
    const { kills, undisturbed, resumed } = await killAtRandom({ kills: 3, seed, latest: 0.4 });
    expect(kills).toBe(3);
    expect(Object.keys(undisturbed!)).toEqual(
      expect.arrayContaining([
        'prepare/repositories',
        'generate/tasks',
        'validate/verdicts',
        'warm_start/policies',
        'solve/traces',
      ]),
    );
    for (const tables of Object.values(undisturbed!)) expect(tables).toMatch(/^\d+ rows [0-9a-f]{64}$/);
    for (const digests of resumed) expect(digests).toEqual(undisturbed);
  },
  240_000,
);
