import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { typescriptEngine } from '../../../../pipeline/sketch/engine.ts';
import { claimTask, LEASE_MS } from '../../../../pipeline/sketch/spool/claim.ts';
import { type DrainOptions, drainSpool } from '../../../../pipeline/sketch/spool/drain.ts';
import { readyTasks, spoolBytes, taskFolder } from '../../../../pipeline/sketch/spool/layout.ts';
import { drainWithPool, type PoolOptions } from '../../../../pipeline/sketch/spool/pool.ts';
import { GradientSketches, projectionId } from '../../../../pipeline/sketch/spool/rows.ts';
import { openReference, sketchTask } from '../../../../pipeline/sketch/spool/sketch-task.ts';
import { safetensorsBytes } from '../../../../pipeline/sketch/spool/write.ts';
import { Database } from '../../../../pipeline/warehouse/database.ts';
import { readParquet } from '../../../../pipeline/warehouse/parquet.ts';
import { CKPT, gradient, newFolder, place, spoolHalves, spoolWhole } from './fixtures.ts';

const spec = { seed: 5n, k: 512, s: 4 };
const worker = new URL('../../../../jobs/workers/sketch.ts', import.meta.url);
/** Starting threads takes long on a machine that does much else. */
const PATIENCE = 120_000;
const crashing = new URL('./crashing-worker.ts', import.meta.url);

let home: string;
let spool: string;
beforeEach(() => {
  home = newFolder('pool');
  spool = join(home, 'spool');
  mkdirSync(spool);
});

const referenceAt = (): { id: string; path: string } => {
  const path = join(home, 'reference.safetensors');
  writeFileSync(path, safetensorsBytes(gradient(99)));
  return { id: 'val-mean', path };
};

const poolOptions = (more: Partial<PoolOptions>): PoolOptions => ({
  spool,
  parts: join(home, 'parts'),
  spec,
  references: [referenceAt()],
  expected: { ckpt: CKPT },
  engine: {},
  device: 'cpu',
  workers: 2,
  rowsPerPart: 3,
  entry: worker,
  ...more,
});

const rowsIn = async (parts: string) => {
  const database = await Database.open({ threads: 1 });
  const files = readdirSync(parts)
    .filter((name) => name.endsWith('.parquet'))
    .map((name) => join(parts, name));
  const rows = await readParquet(database, GradientSketches, files);
  database.close();
  return rows.map((row) => ({ ...row, wall_ms: 0 }));
};

const fillSpool = async (into = spool): Promise<void> => {
  for (let i = 0; i < 5; i++) await spoolWhole(into, `t${i}`, gradient(i));
  await spoolHalves(into, 'cut', 3);
};

describe('the pool', () => {
  test(
    'rows do not depend on the number of workers',
    async () => {
      const results = [];
      for (const workers of [1, 3]) {
        await fillSpool();
        const report = await drainWithPool(poolOptions({ workers, parts: join(home, `parts${workers}`) }));
        expect(report).toMatchObject({ sketched: 6, refused: 0, failed: [] });
        expect(spoolBytes(spool)).toBe(0);
        results.push(await rowsIn(join(home, `parts${workers}`)));
      }
      expect(results[1]).toEqual(results[0]);
      expect(results[0]).toHaveLength(6);
      for (const row of results[0]!)
        expect(Math.abs(row.cos_exact! - row.cos_sketch!)).toBeLessThan(6 / Math.sqrt(spec.k));
    },
    PATIENCE,
  );

  test(
    'a worker that dies loses nothing; a task that kills every worker is reported and kept',
    async () => {
      await fillSpool();
      await spoolWhole(spool, 'crash', gradient(7));
      await spoolWhole(spool, 'doomed', gradient(8));
      const report = await drainWithPool(poolOptions({ entry: crashing, rowsPerPart: 8, workers: 1 }));
      expect(report).toMatchObject({ sketched: 7, refused: 0 });
      expect(report.failed.map(({ folder }) => folder)).toEqual([taskFolder(spool, place('doomed'))]);
      expect((await rowsIn(join(home, 'parts'))).map(({ task_id }) => task_id)).toEqual([
        'crash',
        'cut',
        't0',
        't1',
        't2',
        't3',
        't4',
      ]);
      expect(readyTasks(spool)).toHaveLength(1);
    },
    PATIENCE,
  );

  test(
    'a refused task is marked in its row, kept, and not tried again',
    async () => {
      await spoolWhole(spool, 'good', gradient(1));
      await spoolWhole(spool, 'bad', gradient(1), { ckpt: 'f'.repeat(64) });
      expect(await drainWithPool(poolOptions({}))).toMatchObject({ sketched: 1, refused: 1 });
      const rows = await rowsIn(join(home, 'parts'));
      expect(rows.map(({ task_id, status, cos_exact }) => [task_id, status, cos_exact === null])).toEqual([
        ['bad', 'refused', true],
        ['good', 'complete', false],
      ]);
      expect(rows[0]!.reason).toMatch(/ckpt/);
      expect(existsSync(join(taskFolder(spool, place('bad')), '_REFUSED.json'))).toBe(true);
      expect(await drainWithPool(poolOptions({}))).toMatchObject({ sketched: 0, refused: 0 });
    },
    PATIENCE,
  );

  test(
    'a reference without a direction is refused before any task is touched',
    async () => {
      const path = join(home, 'zero.safetensors');
      writeFileSync(path, safetensorsBytes([{ name: 'w', shape: [4], values: new Float32Array(4) }]));
      await fillSpool();
      await expect(drainWithPool(poolOptions({ references: [{ id: 'zero', path }] }))).rejects.toThrow(/only zeros/);
      expect(readyTasks(spool)).toHaveLength(6);
    },
    PATIENCE,
  );
});

describe('draining, step by step', () => {
  const engine = typescriptEngine();
  const options = (): DrainOptions => {
    const projection = { spec, references: [openReference(engine, spec, referenceAt())], expected: {} };
    const sketch = async (folder: string) => sketchTask(engine, folder, projection, () => 0);
    return { spool, parts: join(home, 'parts'), sketch, width: 2, rowsPerPart: 4, projection_id: projectionId(spec) };
  };

  test('files go only after the row is on disk, while the next part is sketched', async () => {
    await fillSpool();
    const { sketch, parts, ...rest } = options();
    const seen: { left: number; safe: number }[] = [];
    const watching = async (folder: string) => {
      const left = readyTasks(spool).length;
      seen.push({ left, safe: existsSync(parts) ? (await rowsIn(parts)).length : 0 });
      return sketch(folder);
    };
    await drainSpool({ ...rest, parts, sketch: watching, width: 1, rowsPerPart: 2 });
    for (const { left, safe } of seen) expect(6 - left).toBeLessThanOrEqual(safe);
    expect(seen.map(({ left }) => left)).toEqual([6, 6, 6, expect.any(Number), expect.any(Number), expect.any(Number)]);
    expect(seen.at(-1)!.left).toBeLessThan(6);
    expect(spoolBytes(spool)).toBe(0);
  });

  test('a commit that fails ends the drain, and keeps every task', async () => {
    await fillSpool();
    const { parts, ...rest } = options();
    writeFileSync(parts, 'no folder');
    await expect(drainSpool({ ...rest, parts, rowsPerPart: 2 })).rejects.toThrow(/EEXIST/);
    expect(readyTasks(spool)).toHaveLength(6);
  });

  test('killed between commit and deletion: the row is not written twice', async () => {
    await fillSpool();
    const copy = join(home, 'copy');
    await fillSpool(copy);
    await drainSpool(options());
    rmSync(spool, { recursive: true });
    renameSync(copy, spool);
    expect(await drainSpool(options())).toMatchObject({ sketched: 0, recovered: 6 });
    expect(await rowsIn(join(home, 'parts'))).toHaveLength(6);
    expect(spoolBytes(spool)).toBe(0);
  });

  test('killed while deleting: the rest is swept', async () => {
    await fillSpool();
    const folder = taskFolder(spool, place('t0'));
    renameSync(folder, folder.replace('task=t0', '.gone-task=t0'));
    expect(await drainSpool(options())).toMatchObject({ sketched: 5 });
    expect(spoolBytes(spool)).toBe(0);
  });

  test('a claim keeps others away until its process is dead or its lease is over', async () => {
    await spoolWhole(spool, 't', gradient(1));
    const folder = taskFolder(spool, place('t'));
    const claim = join(folder, '_CLAIM.json');
    expect(claimTask(folder)).toBe(true);
    expect(claimTask(folder)).toBe(false);
    writeFileSync(claim, JSON.stringify({ host: 'elsewhere', pid: 1 }));
    expect(claimTask(folder)).toBe(false);
    const old = new Date(statSync(claim).mtimeMs - LEASE_MS - 1000);
    utimesSync(claim, old, old);
    expect(claimTask(folder)).toBe(true);
    expect(claimTask(join(spool, 'nowhere'))).toBe(false);
  });
});
