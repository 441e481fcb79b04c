import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Spooled } from './batch.ts';

/** Everything that batches left to be joined, in order. */
export async function* spooled(files: readonly string[]): AsyncGenerator<Spooled & { line: number; file: string }> {
  for (const file of files) {
    let line = 0;
    for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY }))
      yield { ...(JSON.parse(text) as Spooled), line: line++, file };
  }
}
