import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judge } from '../../../pipeline/gates/index.ts';
import { createStoredViews } from '../../../pipeline/harness/stored.ts';
import type { Database } from '../../../pipeline/warehouse/database.ts';
import { emptyWarehouse, plantIn } from '../../plant.ts';
import { editIn, groundOf, missingSandbox, openTiny } from '../../tiny.ts';
import { candidateOf, groundsOf } from '../gates/planted.ts';

const missing = await missingSandbox();
let folder: string;
let database: Database;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stored-'));
  database = await emptyWarehouse();
});
afterAll(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

it('has no row before anything was stored', async () => {
  await createStoredViews(database, join(folder, 'absent'));
  expect(await database.rows('select * from verdict_evidence')).toEqual([]);
});

describe.skipIf(missing !== null)('one query', () => {
  it('walks from a verdict to each run it rests on, and says what is not stored', async () => {
    const world = await openTiny({ executions: folder });
    const ground = await groundOf(world, 'python');
    const bug = editIn(ground.sources, 'tally/wording.py', 'count == 1', 'count == 2');
    const verdicts = await judge(await candidateOf(world, ground, bug), groundsOf(world, ground), () => 0);
    await world.cache.flush();
    await world.close();
    const lost = { ...verdicts.at(-1)!, task_id: 'lost', evidence: '{"executions":["nowhere"]}' };
    await plantIn(database, { verdicts: [...verdicts, lost].map((verdict) => ({ ...verdict, round: 1 })) });
    await createStoredViews(database, folder);
    const rows = await database.rows('select task_id, gate, run_index, execution_id, result from verdict_evidence');
    const walked = (row: (typeof rows)[number]) => [row.gate, row.run_index, row.execution_id];
    const rested = verdicts.flatMap(({ gate, evidence }) =>
      ((JSON.parse(evidence).executions ?? []) as string[]).map((id, index) => [gate, index + 1, id]),
    );
    expect(rested.length).toBeGreaterThan(0);
    const [told, untold] = [rows.filter((row) => row.task_id !== 'lost'), rows.filter((row) => row.task_id === 'lost')];
    expect(told.map(walked)).toEqual(rested);
    for (const { execution_id, result } of told)
      expect(JSON.parse(String(result))).toEqual(world.cache.get(String(execution_id)));
    expect(untold.map(walked)).toEqual([[verdicts.at(-1)!.gate, 1, 'nowhere']]);
    expect(untold[0]!.result).toBeNull();
  }, 120_000);
});
