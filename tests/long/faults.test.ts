import { expect, it } from 'vitest';
import { killStageAndWorkers } from '../faults.ts';
import { missingSandbox } from '../tiny.ts';

const missing = await missingSandbox();
it.skipIf(missing !== null)(
  'a hundred kills of the validate stage and of its workers: the same verdicts, and nothing left behind',
  async () => {
    const seed = process.env.KILL_SEED ?? String(Date.now());
    const kills = Number(process.env.KILLS ?? 100);
    process.stderr.write(`kills at random: KILL_SEED=${seed}\n`);
    const report = await killStageAndWorkers({ kills, seed, stage: 'validate', before: 'generate' });
    const { stage_kills, worker_kills, failed_starts, undisturbed, resumed, differences, left } = report;
    process.stderr.write(
      `${stage_kills} kills of the stage, ${worker_kills} of workers, ${failed_starts.length} of which ended it; ${resumed.length} rounds\n`,
    );
    for (const said of failed_starts) process.stderr.write(`ended by the loss of a worker: ${said}\n`);
    expect(undisturbed!['validate/verdicts']).toMatch(/^\d+ rows [0-9a-f]{64}$/);
    expect(differences).toEqual([]);
    for (const digests of resumed) expect(digests).toEqual(undisturbed);
    expect(left).toEqual([]);
  },
  3_600_000,
);
