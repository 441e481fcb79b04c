import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fmix32 } from '../../../../pipeline/sketch/mixing.ts';
import { type OutTensor, safetensorsBytes, writeDone, writeRank } from '../../../../pipeline/sketch/spool/write.ts';

export const newFolder = (name: string): string => mkdtempSync(join(tmpdir(), `sketch-${name}-`));

export const CKPT = 'c'.repeat(64);

/** Metadata of one rank; every field may be overridden. */
export const metadataOf = (
  task_id: string,
  rank: number,
  world: number,
  more: Record<string, string> = {},
): Record<string, string> => ({
  'sk.contract': 'socratic-grad/1',
  round: '2',
  split: 'candidate',
  task_id,
  ckpt: CKPT,
  loss: 'grpo',
  grad_kind: 'sgd',
  precond_id: '',
  reduction: 'sum',
  n_rollouts: '8',
  n_tokens: '4096',
  loss_value: '0.25',
  rank: String(rank),
  world: String(world),
  param_filter: 'lora',
  ...more,
});

/** Repeatable values in (-1.5, 1.5). */
export const valuesOf = (n: number, seed: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => fmix32(i ^ (seed * 7919)) / 2 ** 30 - 1.5);

/** Two tensors, as one rank would hold them in full. */
export const gradient = (seed: number): OutTensor[] => [
  { name: 'layers.0.lora_A.weight', shape: [16, 300], values: valuesOf(4800, seed) },
  { name: 'layers.0.lora_B.weight', shape: [300, 16], values: valuesOf(4800, seed + 1) },
];

export const place = (task_id: string) => ({ round: 2, split: 'candidate' as const, task_id });

/** Spools a task of one rank. */
export async function spoolWhole(
  spool: string,
  task_id: string,
  tensors: readonly OutTensor[],
  more: Record<string, string> = {},
): Promise<void> {
  const bytes = safetensorsBytes(tensors, metadataOf(task_id, 0, 1, more));
  await writeRank(spool, place(task_id), { rank: 0, world: 1, bytes }, Number.POSITIVE_INFINITY);
  const expected_numel = tensors.reduce((sum, { values }) => sum + values.length, 0);
  await writeDone(spool, place(task_id), { ranks: 1, expected_numel });
}

/** The gradient over two ranks: rows 0 to 6 and 7 to 15 of A; columns 0 to 4 and 5 to 15 of B. */
export function halves(seed: number): { tensors: OutTensor[]; pieces: Record<string, unknown> }[] {
  const [a, b] = gradient(seed) as [OutTensor, OutTensor];
  const [va, vb] = [a.values, b.values] as [Float32Array, Float32Array];
  const columns = (from: number, to: number): Float32Array =>
    Float32Array.from(vb.filter((_, i) => i % 16 >= from && i % 16 < to));
  const cut = (first: boolean) => {
    const [from, to, left, right] = first ? [0, 2100, 0, 5] : [2100, 4800, 5, 16];
    return {
      tensors: [
        { ...a, shape: [(to - from) / 300, 300], values: va.slice(from, to) },
        { ...b, shape: [300, right - left], values: columns(left, right) },
      ],
      pieces: {
        [a.name]: { offset: from, full_shape: [16, 300] },
        [b.name]: { offset: left, full_shape: [300, 16], row_len: right - left, row_stride: 16 },
      },
    };
  };
  return [cut(true), cut(false)];
}

export async function spoolHalves(
  spool: string,
  task_id: string,
  seed: number,
  more: (rank: number) => Record<string, string> = () => ({}),
): Promise<void> {
  for (const [rank, { tensors, pieces }] of halves(seed).entries()) {
    const bytes = safetensorsBytes(
      tensors,
      metadataOf(task_id, rank, 2, { pieces: JSON.stringify(pieces), ...more(rank) }),
    );
    await writeRank(spool, place(task_id), { rank, world: 2, bytes }, Number.POSITIVE_INFINITY);
  }
  await writeDone(spool, place(task_id), { ranks: 2, expected_numel: 9600 });
}
