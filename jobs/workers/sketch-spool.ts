import { parseArgs } from 'node:util';
import { DataError } from '../../pipeline/errors.ts';
import { DEVICES, type DeviceChoice } from '../../pipeline/sketch/spool/lanes.ts';
import { drainWithPool } from '../../pipeline/sketch/spool/pool.ts';

/**
 * Sketches what trainers spooled: `node jobs/workers/sketch-spool.ts --spool DIR --parts DIR --reference NAME=FILE ...`.
 * `--device cuda` sums on this machine's CUDA devices, one worker for each; `cpu` on `--workers` threads; `auto` on
 * devices where there are any. One pass; with `--watch SECONDS` it goes on until interrupted. Exit codes: 0 done, 1 tasks failed, 2 wrong input.
 */
const { values } = parseArgs({
  options: {
    spool: { type: 'string' },
    parts: { type: 'string' },
    reference: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string', default: '1' },
    k: { type: 'string', default: '4096' },
    s: { type: 'string', default: '4' },
    device: { type: 'string', default: 'auto' },
    workers: { type: 'string', default: '2' },
    'rows-per-part': { type: 'string', default: '64' },
    ckpt: { type: 'string' },
    'grad-kind': { type: 'string' },
    library: { type: 'string' },
    'require-native': { type: 'boolean', default: false },
    watch: { type: 'string' },
  },
});

const needed = (name: 'spool' | 'parts'): string => {
  const value = values[name];
  if (value) return value;
  throw DataError.of({ where: `--${name}`, expected: 'a folder', found: 'nothing', fix: `add --${name} DIR` });
};

const reference = (text: string): { id: string; path: string } => {
  const [id, path] = [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)];
  if (id && path && text.includes('=')) return { id, path };
  throw DataError.of({
    where: '--reference',
    expected: 'NAME=FILE',
    found: text,
    fix: 'for example --reference val=mean.safetensors',
  });
};

function device(): DeviceChoice {
  const found = DEVICES.find((choice) => choice === values.device);
  if (found) return found;
  const fix = 'auto takes the devices where there are any';
  throw DataError.of({ where: '--device', expected: DEVICES.join(', '), found: values.device, fix });
}

async function drain(): Promise<boolean> {
  const gradKind = values['grad-kind'] as 'sgd' | 'adam' | 'diag' | undefined;
  const report = await drainWithPool({
    spool: needed('spool'),
    parts: needed('parts'),
    spec: { seed: BigInt(values.seed), k: Number(values.k), s: Number(values.s) },
    references: values.reference.map(reference),
    expected: { ...(values.ckpt && { ckpt: values.ckpt }), ...(gradKind && { grad_kind: gradKind }) },
    engine: { ...(values.library && { library: values.library }), requireNative: values['require-native'] },
    device: device(),
    workers: Number(values.workers),
    rowsPerPart: Number(values['rows-per-part']),
    entry: new URL('./sketch.ts', import.meta.url),
  });
  process.stdout.write(`${JSON.stringify(report)}\n`);
  return report.failed.length === 0;
}

try {
  do {
    process.exitCode = (await drain()) ? 0 : 1;
    if (values.watch) await new Promise((resolve) => setTimeout(resolve, Number(values.watch) * 1000));
  } while (values.watch);
} catch (error) {
  if (!(error instanceof DataError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
