import * as z from 'zod';
import { DataError } from '../errors.ts';

const Test = z.strictObject({
  runner: z.enum(['pytest', 'tape', 'node-test', 'mocha', 'jest', 'vitest', 'go-test']),
  /** Tests left out, each with why. */
  deselect: z.array(z.strictObject({ id: z.string().min(1), reason: z.string().min(1) })),
  import_roots: z.array(z.string()),
  environment: z.record(z.string(), z.string()),
});

const Origin = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('pypi'),
    name: z.string(),
    version: z.string(),
    file: z.string(),
    sha256: z.string().length(64),
  }),
  z.strictObject({
    kind: z.literal('npm'),
    name: z.string(),
    version: z.string(),
    integrity: z.string().startsWith('sha512-'),
  }),
  z.strictObject({
    kind: z.literal('go'),
    name: z.string(),
    version: z.string().startsWith('v'),
    sum: z.string().startsWith('h1:'),
  }),
  z.strictObject({ kind: z.literal('path'), path: z.string(), sha256: z.string() }),
]);

/** One seed repository: where it comes from, what may be edited, how it is tested, what its tasks may be used for. */
export const Seed = z.strictObject({
  name: z.string().min(1),
  language: z.enum(['python', 'javascript', 'go']),
  version: z.string().min(1),
  /** SPDX identifier. */
  licence: z.string().min(1),
  split: z.enum(['train', 'validation', 'held_out']),
  origin: Origin,
  /** Globs of files an edit may touch, and of test files. */
  source: z.array(z.string()).min(1),
  tests: z.array(z.string()).min(1),
  test: Test,
  /** Exact pins the tests need. */
  requirements: z.array(z.string()),
  notes: z.string(),
});
export type Seed = z.infer<typeof Seed>;

/** Reads a manifest; refuses two seeds of one name. */
export function parseManifest(text: string, where: string): Seed[] {
  const fix = 'mend the entry; data/seeds/README.md says what each field means';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw DataError.of({ where, expected: 'JSON', found: (error as Error).message, fix });
  }
  const parsed = z.array(Seed).safeParse(value);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    const name = (value as { name?: string }[])[Number(path[0])]?.name ?? '';
    throw DataError.of({
      where: `${where}: ${name || `entry ${String(path[0])}`}`,
      expected: message,
      found: path.slice(1).join('.') || 'the entry',
      fix,
    });
  }
  const twice = parsed.data.find((seed, i) => parsed.data.findIndex((other) => other.name === seed.name) < i);
  if (twice) throw DataError.of({ where, expected: 'one entry per name', found: `two of ${twice.name}`, fix });
  return parsed.data;
}
