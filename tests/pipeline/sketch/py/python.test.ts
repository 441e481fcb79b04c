import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { typescriptEngine } from '../../../../pipeline/sketch/engine.ts';
import { emptySketch, finishSketch } from '../../../../pipeline/sketch/sketch.ts';
import { readyTasks, taskFolder } from '../../../../pipeline/sketch/spool/layout.ts';
import { sketchTask } from '../../../../pipeline/sketch/spool/sketch-task.ts';
import { safetensorsBytes } from '../../../../pipeline/sketch/spool/write.ts';
import { engines, library } from '../engines.ts';
import { CKPT, halves, metadataOf, newFolder, place } from '../spool/fixtures.ts';

const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const script = pathOf('../../../../pipeline/sketch/py/socratic_sketch.py');
const torchTests = pathOf('./test_torch.py');

const runs = (python: string, code: string): boolean => spawnSync(python, ['-c', code]).status === 0;
const pythons = ['python3', pathOf('../../../../data/cache/sketch/torch/bin/python')].filter(
  (path) => path === 'python3' || existsSync(path),
);
const python = library ? pythons.find((path) => runs(path, 'import ctypes')) : undefined;
const withTorch = library ? pythons.find((path) => runs(path, 'import torch')) : undefined;
if (python === undefined) console.log('sketch: no library or no python3 here; the Python tests are skipped');
if (withTorch === undefined) {
  console.log(
    'sketch: no library, or no Python with torch (python3 -m venv data/cache/sketch/torch, pip install torch); skipped',
  );
}

const spec = { seed: 18446744073709551615n, k: 1024, s: 4 };

describe.skipIf(python === undefined)('python3 without any package', () => {
  test('gives the bytes Node gives, of the same file', () => {
    const folder = newFolder('python');
    const [path, reference] = [join(folder, 'gradient.safetensors'), join(folder, 'reference.safetensors')];
    const { tensors, pieces } = halves(4)[1]!;
    writeFileSync(path, safetensorsBytes(tensors, metadataOf('t', 1, 2, { pieces: JSON.stringify(pieces) })));
    const whole = tensors.map(({ name }) => ({
      name,
      shape: name.includes('_A') ? [16, 300] : [300, 16],
      values: new Float32Array(4800).fill(0.5),
    }));
    writeFileSync(reference, safetensorsBytes(whole));
    const flags = ['--seed', String(spec.seed), '--k', String(spec.k), '--s', String(spec.s)];
    const bytes = execFileSync(python!, [script, path, reference, ...flags], { stdio: ['ignore', 'pipe', 'ignore'] });
    for (const engine of engines()) {
      const sketch = emptySketch(spec);
      engine.addFile(sketch, path, [reference]);
      expect(Buffer.compare(bytes, Buffer.from(finishSketch(sketch).buffer)), engine.isa).toBe(0);
    }
  });

  test('says file and field of what it refuses', () => {
    const path = join(newFolder('python'), 'bad.safetensors');
    writeFileSync(path, 'short');
    const { status, stderr } = spawnSync(python!, [script, path], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([
      1,
      `socratic_sketch: ${path}: header: expected 8 bytes of length, found 5 bytes\n`,
    ]);
  });
});

describe.skipIf(withTorch === undefined)('with torch', () => {
  test('hooks, Adam, ranks, refusals, flush-to-zero', () => {
    const { status, stderr } = spawnSync(withTorch!, [torchTests], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
  }, 120_000);

  test('what torch spools, Node projects: whole, over ranks, and as sketches', () => {
    const spool = newFolder('torch');
    mkdirSync(spool, { recursive: true });
    execFileSync(withTorch!, [torchTests, 'spool', spool]);
    expect(readyTasks(spool)).toHaveLength(3);
    const projection = { spec: { seed: 11n, k: 1024, s: 4 }, references: [], expected: { ckpt: CKPT } };
    const [whole, ranks, sketches] = ['whole/1 ü', 'ranks', 'sketches'].map((id) =>
      sketchTask(typescriptEngine(), taskFolder(spool, place(id)), projection, () => 0),
    );
    expect(whole).toMatchObject({ status: 'complete', task_id: 'whole/1 ü', loss: 0.5 });
    for (const row of [ranks!, sketches!]) {
      expect(row.reason).toBeNull();
      expect(row).toMatchObject({ status: 'complete', rank_count: 2, param_hash: whole!.param_hash });
      const apart =
        Math.hypot(...row.sketch.map((value, j) => value - whole!.sketch[j]!)) / Math.hypot(...whole!.sketch);
      expect(apart).toBeLessThan(1e-6);
      expect(row.norm2! / whole!.norm2!).toBeCloseTo(1, 12);
    }
  }, 120_000);

  test('a sketch of another matrix is refused', () => {
    const spool = newFolder('torch');
    execFileSync(withTorch!, [torchTests, 'spool', spool]);
    const projection = { spec: { seed: 12n, k: 1024, s: 4 }, references: [], expected: {} };
    const row = sketchTask(typescriptEngine(), taskFolder(spool, place('sketches')), projection, () => 0);
    expect(row).toMatchObject({
      status: 'refused',
      sketch: [],
      reason: expect.stringMatching(/rank=00000.*__metadata__.seed\n {2}expected: 12\n {2}found: 11/),
    });
  }, 120_000);
});
