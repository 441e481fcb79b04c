import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import { DataError } from '../../errors.ts';
import { Seed } from '../manifest.ts';

export const ownStatuses = [
  'ready',
  'unavailable',
  'no_tests',
  'missing_runner',
  'failing_baseline',
  'endless',
] as const;

/** One repository that a user added, with what trying it came to. */
export const OwnRepository = z.strictObject({
  /** As it was asked for. */
  spec: z.string().min(1),
  status: z.enum(ownStatuses),
  detail: z.string().nullable(),
  test_count: z.int().nonnegative(),
  left_out_count: z.int().nonnegative(),
  /** How rounds use it; null when they cannot. */
  seed: Seed.nullable(),
});
export type OwnRepository = z.infer<typeof OwnRepository>;

/** The list; empty when there is none. */
export async function readOwn(file: string): Promise<OwnRepository[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '[]';
    throw error;
  });
  const fix = `mend it, or delete it and add the repositories again`;
  try {
    return z.array(OwnRepository).parse(JSON.parse(text));
  } catch (error) {
    const found = error instanceof z.ZodError ? error.issues[0]!.message : (error as Error).message;
    throw DataError.of({ where: file, expected: 'the list of added repositories', found, fix });
  }
}

/** Puts a repository in, in the place of one with the same spec. Whole or not at all. */
export async function keepOwn(file: string, added: OwnRepository): Promise<void> {
  const others = (await readOwn(file)).filter(({ spec }) => spec !== added.spec);
  const list = [...others, added].sort((a, b) => (a.spec < b.spec ? -1 : 1));
  const staged = `${file}.${randomUUID()}.tmp`;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(staged, `${JSON.stringify(list, null, 2)}\n`);
  await rename(staged, file);
}
