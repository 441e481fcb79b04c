import { PassThrough, Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Capture } from '../../../pipeline/sandbox/capture.ts';
import { readLines } from '../../../pipeline/sandbox/lines.ts';

const collect = async (lines: AsyncIterable<string>): Promise<string[]> => {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
};

/** Cuts a buffer at arbitrary places, also within a character. */
const cut = (whole: Buffer, places: readonly number[]): Buffer[] => {
  const ends = [...new Set([...places.map((place) => place % (whole.length + 1)), whole.length])].sort((a, b) => a - b);
  return ends.map((end, index) => whole.subarray(ends[index - 1] ?? 0, end)).filter(({ length }) => length > 0);
};

const line = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\n', ''));

describe('readLines', () => {
  it('gives the same lines however the bytes arrive, and no line that was cut short', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(line), line, fc.array(fc.nat()), async (lines, rest, places) => {
        const whole = Buffer.from(lines.map((text) => `${text}\n`).join('') + rest);
        const stream = Readable.from(cut(whole, places));
        expect(await collect(readLines(stream, 1 << 20, () => undefined))).toEqual(lines);
      }),
    );
  });

  it.each([[['12345', '67\n']], [['1234567\n']], [['1234567']]])(
    'ends at a line that is too long: %j',
    async (chunks) => {
      let is_too_long = false;
      const stream = Readable.from(['ok\n', ...chunks].map((text) => Buffer.from(text)));
      const lines = await collect(
        readLines(stream, 6, () => {
          is_too_long = true;
        }),
      );
      expect(lines).toEqual(['ok']);
      expect(is_too_long).toBe(true);
    },
  );

  it('passes on what is not a broken pipe', async () => {
    const stream = new PassThrough();
    const lines = collect(readLines(stream, 10, () => undefined));
    stream.destroy(new Error('disk on fire'));
    await expect(lines).rejects.toThrow('disk on fire');
  });
});

describe('Capture', () => {
  it('keeps at most its limit over all streams, and says so exactly when there was more', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ maxLength: 20 })),
        fc.array(fc.string({ maxLength: 20 })),
        fc.nat(60),
        async (a, b, limit) => {
          let has_overflowed = false;
          const capture = new Capture(limit, () => {
            has_overflowed = true;
          });
          const streams = [a, b].map((chunks) => Readable.from(chunks.map((text) => Buffer.from(text))));
          const texts = await Promise.all(streams.map((stream) => capture.text(stream)));
          const total = Buffer.byteLength([...a, ...b].join(''));
          expect(Buffer.byteLength(texts.join(''))).toBe(Math.min(total, limit));
          expect(has_overflowed).toBe(total > limit);
          expect([a.join(''), b.join('')].every((text, index) => text.startsWith(texts[index]!))).toBe(true);
        },
      ),
    );
  });
});
