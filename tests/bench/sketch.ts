import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type SketchEngine, typescriptEngine, wasmEngine } from '../../pipeline/sketch/engine.ts';
import { half } from '../../pipeline/sketch/floats.ts';
import { fmix32 } from '../../pipeline/sketch/mixing.ts';
import { nativeEngine } from '../../pipeline/sketch/native.ts';
import { emptySketch } from '../../pipeline/sketch/sketch.ts';
import { taskFolder } from '../../pipeline/sketch/spool/layout.ts';
import { drainWithPool } from '../../pipeline/sketch/spool/pool.ts';
import { safetensorsBytes } from '../../pipeline/sketch/spool/write.ts';
import { CKPT, spoolWhole } from '../pipeline/sketch/spool/fixtures.ts';

/** Prints one table of ratios, all taken on this machine in this run. Needs `make native`; Python baselines where torch is. */
const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const build = pathOf('../../build');
const spec = { seed: 1n, k: 4096, s: 4 };

const line = (name: string, found: string, goal = ''): void =>
  console.log(`${name.padEnd(58)} ${found.padStart(22)}   ${goal}`);
const ratio = (value: number): string => value.toFixed(value < 10 ? 2 : 0);

function native(): void {
  const { stdout, status, stderr } = spawnSync(join(build, 'sketch-bench'), { encoding: 'utf8' });
  if (status !== 0) throw new Error(`sketch-bench: ${stderr}`);
  const rows = new Map(
    stdout
      .trim()
      .split('\n')
      .map((text) => [text.split('\t')[0]!, text.split('\t').slice(1).map(Number) as [number, number]]),
  );
  const goals: Record<string, string> = {
    'avx512 fp32 s=4': '>= .45',
    'avx512 bf16 s=4': '>= .25',
    'avx512 bf16 s=2': '>= .35',
    'two threads / one (wall)': '>= 1.8 on an idle machine',
  };
  for (const [name, [rate, share]] of rows)
    line(`k=4096 ${name}, share of DRAM read`, `${rate.toFixed(2)} GB/s  ${share.toFixed(2)}`, goals[name]);
  const [two, five] = [rows.get('avx2 fp32 s=4'), rows.get('avx512 fp32 s=4')];
  if (two && five) line('AVX2 / AVX-512, fp32 s=4', ratio(two[0] / five[0]), '>= .85');
}

/** Best seconds of processor time (user and system) over a few calls that take turns. */
function bestSeconds(subjects: readonly (() => void)[], rounds: number): number[] {
  const best = subjects.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < rounds; round++) {
    subjects.forEach((run, i) => {
      const start = process.cpuUsage();
      run();
      const { user, system } = process.cpuUsage(start);
      best[i] = Math.min(best[i]!, (user + system) / 1e6);
    });
  }
  return best;
}

function ladder(): void {
  const engines = [nativeEngine(join(build, 'libsketch.so')), wasmEngine(), typescriptEngine()];
  const n = 8 * 2 ** 20;
  const fp32 = Float32Array.from({ length: n }, (_, i) => fmix32(i) / 2 ** 31 - 1);
  const bf16 = half(
    'bf16',
    Uint16Array.from({ length: n }, (_, i) => fmix32(i) >>> 18),
  );
  for (const [name, values, goal] of [
    ['fp32', fp32, '>= .18'],
    ['bf16', bf16, ''],
  ] as const) {
    const run = (engine: SketchEngine) => () => engine.add(emptySketch(spec), [{ name: 'w', values }]);
    const [fast, wasm] = bestSeconds(engines.slice(0, 2).map(run), 9) as [number, number];
    line(`WASM / native, ${name} with norm, in Node`, ratio(fast / wasm), goal);
    line(
      `  native, ${name} with norm, through koffi`,
      `${((n * (name === 'fp32' ? 4 : 2)) / fast / 1e9).toFixed(2)} GB/s`,
    );
  }
  const [plain] = bestSeconds(
    [() => engines[2]!.add(emptySketch(spec), [{ name: 'w', values: fp32.subarray(0, 2 ** 20) }])],
    3,
  ) as [number];
  line('TypeScript, fp32 with norm', `${((4 * 2 ** 20) / plain / 1e9).toFixed(3)} GB/s`);
}

function files(folder: string): void {
  const engine = nativeEngine(join(build, 'libsketch.so'));
  const values = Float32Array.from({ length: 16 * 2 ** 20 }, (_, i) => fmix32(i) / 2 ** 31 - 1);
  const path = join(folder, 'gradient.safetensors');
  writeFileSync(path, safetensorsBytes([{ name: 'w', shape: [values.length], values }]));
  const memory = () => engine.add(emptySketch(spec), [{ name: 'w', values }]);
  const [inMemory, inFile] = bestSeconds([memory, () => engine.addFile(emptySketch(spec), path)], 7) as [
    number,
    number,
  ];
  line('page-cache file / memory, 64 MB fp32', ratio(inMemory / inFile), '>= .85');
}

const TASK_BYTES = 2 ** 24;
const FEW = 32;
const MANY = 96;

/** Milliseconds to drain the first tasks of a full spool, start of the workers and last commit included. */
async function drainTime(folder: string, workers: number, tasks: number): Promise<number> {
  const spool = join(folder, 'spool');
  for (let i = 0; i < tasks; i++) {
    const place = taskFolder('', { round: 2, split: 'candidate', task_id: `t${i}` });
    cpSync(join(folder, 'full', place), join(spool, place), { recursive: true });
  }
  const start = performance.now();
  await drainWithPool({
    spool,
    parts: join(folder, `parts-${workers}-${tasks}`),
    spec,
    references: [],
    expected: { ckpt: CKPT },
    engine: {},
    device: 'cpu',
    workers,
    rowsPerPart: FEW,
    entry: new URL('../../jobs/workers/sketch.ts', import.meta.url),
  });
  return performance.now() - start;
}

/** A short drain is mostly the start of threads and one commit; what further tasks add is the steady state. */
async function workers(folder: string): Promise<void> {
  const bits = Uint16Array.from({ length: TASK_BYTES / 2 }, (_, i) => fmix32(i) >>> 18);
  const tensor = { name: 'w', shape: [bits.length], values: half('bf16', bits) };
  for (let i = 0; i < MANY; i++) await spoolWhole(join(folder, 'full'), `t${i}`, [tensor]);
  const short = [await drainTime(folder, 1, FEW), await drainTime(folder, 2, FEW)] as const;
  const long = [await drainTime(folder, 1, MANY), await drainTime(folder, 2, MANY)] as const;
  const steady = [long[0] - short[0], long[1] - short[1]] as const;
  const rate = ((MANY - FEW) * TASK_BYTES) / steady[1] / 1e6;
  line(
    `2 workers / 1, ${FEW} tasks of 16 MB, start and commit included`,
    ratio(short[0] / short[1]),
    'idle cores needed',
  );
  line(`2 workers / 1, ${MANY - FEW} tasks more: once started`, ratio(steady[0] / steady[1]), 'idle cores needed');
  line('  spooled bytes per second, 2 workers, once started', `${rate.toFixed(2)} GB/s`);
}

function baselines(): void {
  const python = ['python3', pathOf('../../data/cache/sketch/torch/bin/python')].find(
    (path) => spawnSync(path, ['-c', 'import torch, numpy']).status === 0,
  );
  if (python === undefined) {
    console.log(
      'no Python with torch here, baselines skipped: python3 -m venv data/cache/sketch/torch; pip install torch numpy scikit-learn',
    );
    return;
  }
  const { stdout, status, stderr } = spawnSync(python, [pathOf('./sketch-baselines.py')], {
    encoding: 'utf8',
    maxBuffer: 2 ** 24,
  });
  if (status !== 0) throw new Error(`sketch-baselines.py: ${stderr}`);
  for (const text of stdout.trim().split('\n')) {
    const [name, seconds, times, goal] = text.split('\t');
    line(`${name}, 16 x 999,424 fp32`, `${seconds} s  ${times}x`, goal);
  }
}

if (!existsSync(join(build, 'sketch-bench'))) throw new Error('run make native first: build/sketch-bench is not there');
const folder = mkdtempSync(join(tmpdir(), 'sketch-bench-'));
console.log(`${cpus()[0]?.model}, ${cpus().length} cores, load ${readFileSync('/proc/loadavg', 'utf8').split(' ')[0]}`);
native();
ladder();
files(folder);
await workers(folder);
baselines();
rmSync(folder, { recursive: true });
