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
    const rows = await database.rows('select gate, run_index, outcome, execution_id from verdict_evidence');
    const told = rows.filter(({ execution_id }) => execution_id !== 'nowhere');
    // five runs of the broken tree; the first of them again, and the tree without the bug
    expect(told.map(({ gate, run_index }) => `${gate} ${run_index}`)).toEqual([
      ...[1, 2, 3, 4, 5].map((run) => `execution ${run}`),
      ...[1, 2].map((run) => `semantics ${run}`),
    ]);
    expect(told.every(({ outcome }) => outcome === 'complete')).toBe(true);
    expect(told[5]!.execution_id).toBe(told[0]!.execution_id);
    expect(rows.filter(({ outcome }) => outcome === null).map(({ execution_id }) => execution_id)).toEqual(['nowhere']);
  }, 120_000);
});
