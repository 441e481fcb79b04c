import { mkdirSync, rmSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { dtypeOf, type Numbers, rawOf } from '../floats.ts';
import { DONE, rankFile, spoolBytes, type TaskPlace, taskFolder } from './layout.ts';

/** A tensor to write. `shape` is the local one; the cut, if any, goes to the metadata under `pieces`. */
export interface OutTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Numbers | Float64Array;
}

const CODES = { fp32: 'F32', bf16: 'BF16', fp16: 'F16' } as const;

const rawBytes = (values: OutTensor['values']): Uint8Array => {
  const raw = values instanceof Float64Array ? values : rawOf(values);
  return new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength);
};

/** The bytes of a safetensors file, header padded to 8. Tensors keep their order. */
export function safetensorsBytes(
  tensors: readonly OutTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Buffer {
  let at = 0;
  const header: Record<string, unknown> = Object.keys(metadata).length ? { __metadata__: metadata } : {};
  for (const { name, shape, values } of tensors) {
    const end = at + rawBytes(values).length;
    header[name] = {
      dtype: values instanceof Float64Array ? 'F64' : CODES[dtypeOf(values)],
      shape,
      data_offsets: [at, end],
    };
    at = end;
  }
  const text = Buffer.from(JSON.stringify(header));
  const padding = Buffer.alloc((8 - (text.length % 8)) % 8, ' ');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length + padding.length));
  return Buffer.concat([length, text, padding, ...tensors.map(({ values }) => rawBytes(values))]);
}

/** `full`: the spool holds too much; nothing was written, ask again once sketches have been committed. */
export type WriteOutcome = 'written' | 'full';

/** Writes one rank's file under its final name only when it is complete and on disk. */
export async function writeRank(
  spool: string,
  place: TaskPlace,
  rank: { rank: number; world: number; bytes: Buffer },
  maxBytes: number,
): Promise<WriteOutcome> {
  if (spoolBytes(spool) + rank.bytes.length > maxBytes) return 'full';
  const folder = taskFolder(spool, place);
  mkdirSync(folder, { recursive: true });
  await publish(folder, rankFile(rank.rank, rank.world), rank.bytes);
  return 'written';
}

/** The last file of a task: from here on workers may take it. */
export async function writeDone(
  spool: string,
  place: TaskPlace,
  done: { ranks: number; expected_numel: number },
): Promise<void> {
  await publish(taskFolder(spool, place), DONE, Buffer.from(`${JSON.stringify(done)}\n`));
}

async function publish(folder: string, name: string, bytes: Buffer): Promise<void> {
  const temporary = join(folder, `${name}.tmp`);
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
    await file.close();
    await rename(temporary, join(folder, name));
  } catch (error) {
    await file.close().catch(() => {});
    rmSync(temporary, { force: true });
    throw error;
  }
}
