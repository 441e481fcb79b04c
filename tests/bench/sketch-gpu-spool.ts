import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { half, type Numbers } from '../../pipeline/sketch/floats.ts';
import { fmix32 } from '../../pipeline/sketch/mixing.ts';
import { cudaDevices } from '../../pipeline/sketch/native.ts';
import { drainWithPool } from '../../pipeline/sketch/spool/pool.ts';
import { GradientSketches } from '../../pipeline/sketch/spool/rows.ts';
import { safetensorsBytes } from '../../pipeline/sketch/spool/write.ts';
import { Database } from '../../pipeline/warehouse/database.ts';
import { readParquet } from '../../pipeline/warehouse/parquet.ts';
import { CKPT, spoolWhole } from '../pipeline/sketch/spool/fixtures.ts';

/**
 * The second half of `make gpu-check`: a spool drained on the processor and on this machine's CUDA devices gives the
 * same rows, and how fast. `--library build/libsketch-emulated.so --values 300000` checks this file without a GPU.
 */
const { values: options } = parseArgs({
  options: {
    library: { type: 'string', default: fileURLToPath(new URL('../../build/libsketch.so', import.meta.url)) },
    values: { type: 'string', default: String(2 ** 25) },
    tasks: { type: 'string', default: '24' },
  },
});
const { library } = options;
const [count, tasks] = [Number(options.values), Number(options.tasks)];
const home = mkdtempSync(join(tmpdir(), 'sketch-gpu-'));

const words = Uint32Array.from({ length: count }, (_, i) => fmix32(i));
const short = Uint16Array.from(words, (word) => word & 0xbfff);
const gradients: readonly Numbers[] = [
  Float32Array.from(words, (word) => word / 2 ** 31 - 1),
  half(
    'bf16',
    short.map((bits) => bits & 0xbf7f),
  ),
  half('fp16', short),
];

async function drain(device: 'cpu' | 'cuda') {
  const spool = join(home, `spool-${device}`);
  for (let i = 0; i < tasks; i++)
    await spoolWhole(spool, `t${i}`, [{ name: 'w', shape: [count], values: gradients[i % 3]! }]);
  const start = performance.now();
  const report = await drainWithPool({
    spool,
    parts: join(home, device),
    spec: { seed: 1n, k: 4096, s: 4 },
    references: [{ id: 'val', path: join(home, 'reference.safetensors') }],
    expected: { ckpt: CKPT },
    engine: { library, requireNative: true },
    device,
    workers: availableParallelism(),
    rowsPerPart: tasks,
    entry: new URL('../../jobs/workers/sketch.ts', import.meta.url),
  });
  const seconds = (performance.now() - start) / 1000;
  if (report.sketched !== tasks) throw new Error(`${device}: ${JSON.stringify(report)}`);
  const bytes = gradients.reduce((sum, { length }, i) => sum + length * (i === 0 ? 4 : 2), 0) * (tasks / 3);
  console.log(
    `${report.isa.padEnd(8)} ${tasks} tasks in ${seconds.toFixed(1)} s, ${(bytes / seconds / 1e9).toFixed(2)} GB/s with start and commit`,
  );
  return rowsIn(join(home, device));
}

async function rowsIn(folder: string) {
  const database = await Database.open({ threads: 1 });
  const rows = await readParquet(
    database,
    GradientSketches,
    readdirSync(folder).map((name) => join(folder, name)),
  );
  database.close();
  return rows.map((row) => ({ ...row, wall_ms: 0, isa: '' }));
}

const devices = cudaDevices(library);
if (devices === 0) {
  process.stderr.write(`gpu-check: no CUDA device that ${library} can use; nothing was checked\n`);
  process.exit(1);
}
try {
  writeFileSync(
    join(home, 'reference.safetensors'),
    safetensorsBytes([{ name: 'w', shape: [count], values: gradients[0]! }]),
  );
  const [processor, device] = [await drain('cpu'), await drain('cuda')];
  if (!isDeepStrictEqual(processor, device)) throw new Error('rows differ between the processor and the devices');
  console.log(`rows of ${tasks} tasks are equal on the processor and on ${devices} device(s)`);
} finally {
  rmSync(home, { recursive: true });
}
