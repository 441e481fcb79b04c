/**
 * Importing the sample, repeated to a given size, against a straightforward Python importer in the same run.
 *   node tests/bench/ingest.ts [--gigabytes 2] [--python python3] [--workers 2]
 * The interpreter needs pyarrow. Copies are links, so the disk stays small.
 */
import { execFile } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { drawTable } from '../../jobs/draw-table.ts';

const run = promisify(execFile);
const { values } = parseArgs({
  options: {
    gigabytes: { type: 'string', default: '2' },
    python: { type: 'string', default: 'python3' },
    workers: { type: 'string', default: '2' },
  },
});
const sample = resolve('../shared/traces');

interface Figures {
  wall_s: number;
  cpu_s: number;
  peak_mb: number;
  traces: number;
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Bytes behind the compression. */
const plainBytes = (files: readonly string[]): number =>
  files.reduce(
    (sum, file) => sum + (file.endsWith('.gz') ? gunzipSync(readFileSync(file)).length : statSync(file).size),
    0,
  );

/** Folders that link to every file of the sample. */
function repeat(files: readonly string[], copies: number, into: string): void {
  for (let copy = 1; copy <= copies; copy++) {
    for (const file of files) {
      const target = join(into, `copy-${String(copy).padStart(3, '0')}`, file.slice(sample.length + 1));
      mkdirSync(resolve(target, '..'), { recursive: true });
      linkSync(file, target);
    }
  }
}

async function python(folder: string, scratch: string, ...flags: string[]): Promise<Figures> {
  const out = mkdtempSync(join(scratch, 'python-'));
  const script = fileURLToPath(new URL('ingest-baseline.py', import.meta.url));
  const { stdout } = await run(values.python, [script, folder, out, ...flags], { maxBuffer: 1 << 24 });
  rmSync(out, { recursive: true });
  return JSON.parse(stdout);
}

/** The command a user runs, in a process of its own, so that its memory is its own. */
async function ours(folder: string, scratch: string, workers: string): Promise<Figures> {
  const data = mkdtempSync(join(scratch, 'ours-'));
  const script = `
    const started = performance.now();
    const { main } = await import(${JSON.stringify(resolve('jobs/cli.ts'))});
    let out = '';
    const effects = { print: (text) => { out = text; }, log: () => {}, isTerminal: false, environment: {} };
    await main(${JSON.stringify(['import', folder, '--workers', workers, '--json', '--set', `data=${data}`])}, effects);
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    console.log(JSON.stringify({ wall_s: (performance.now() - started) / 1e3, cpu_s: (userCPUTime + systemCPUTime) / 1e6, peak_mb: maxRSS / 1024, traces: JSON.parse(out).traces }));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { maxBuffer: 1 << 24 });
  rmSync(data, { recursive: true });
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}

if (!existsSync(sample)) throw new Error(`the sample of real traces is not at ${sample}`);
const scratch = mkdtempSync(join(existsSync('/var/tmp') ? '/var/tmp' : tmpdir(), 'socratic-bench-'));
try {
  const files = filesUnder(sample);
  const once = plainBytes(files);
  const copies = Math.max(1, Math.ceil((Number(values.gigabytes) * 1e9) / once));
  const folder = join(scratch, 'in');
  try {
    repeat(files, copies, folder);
  } catch (error) {
    throw new Error(`the sample and ${scratch} must lie on one disk: ${(error as Error).message}`);
  }
  const megabytes = (once * copies) / 1e6;
  const row = (name: string, figures: Figures, base: Figures) => ({
    importer: name,
    wall_s: figures.wall_s,
    cpu_s: figures.cpu_s,
    'MB/s': megabytes / figures.wall_s,
    'MB/s per core': megabytes / figures.cpu_s,
    peak_MB: Math.round(figures.peak_mb),
    traces: figures.traces,
    'ratio wall': base.wall_s / figures.wall_s,
    'ratio cpu': base.cpu_s / figures.cpu_s,
  });
  const plain = await python(folder, scratch);
  const many = await ours(folder, scratch, values.workers);
  const redacting = await python(folder, scratch, '--redact');
  const single = await ours(folder, scratch, '1');
  console.log(
    `${copies} copies of ${files.length} files, ${(megabytes / 1e3).toFixed(2)} GB of text, ${cpus().length} cores`,
  );
  console.log(
    drawTable([
      row('python: json + pyarrow', plain, plain),
      row('python, secrets overwritten', redacting, plain),
      row('socratic import, 1 worker', single, plain),
      row(`socratic import, ${values.workers} workers`, many, plain),
    ]),
  );
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
