import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { folderOf, spoolInput, stemOf } from '../../../pipeline/traces/reading/entries.ts';
import { splitArray, splitLines } from '../../../pipeline/traces/reading/split.ts';
import { withTails } from '../../../pipeline/traces/tails.ts';
import { imported, jsonLines } from './rig.ts';

const row = (id: string) => ({
  instance_id: id,
  messages: [
    { role: 'user', content: `mend ${id}` },
    { role: 'assistant', content: 'done' },
  ],
});
const tasks = 'select task_id, source_uri from traces order by task_id';

/** A tar with one block per header field that matters. */
function tar(files: Record<string, string>): Buffer {
  const blocks = Object.entries(files).map(([name, content]) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write('0000644\0', 100);
    header.write(`${Buffer.byteLength(content).toString(8).padStart(11, '0')}\0`, 124);
    header.write('        ', 148);
    header.write('0', 156);
    header.write('ustar\0', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    const body = Buffer.alloc(Math.ceil(Buffer.byteLength(content) / 512) * 512);
    body.write(content);
    return Buffer.concat([header, body]);
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

function zip(files: Record<string, { content: string; method: 0 | 8 | 93 }>): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, { content, method }] of Object.entries(files)) {
    const raw = Buffer.from(content);
    const data = method === 8 ? deflateRawSync(raw) : method === 93 ? zstdCompressSync(raw) : raw;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(method, 8);
    local.writeUInt16LE(Buffer.byteLength(name), 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(data.length, 20);
    entry.writeUInt32LE(raw.length, 24);
    entry.writeUInt16LE(Buffer.byteLength(name), 28);
    entry.writeUInt32LE(at, 42);
    bodies.push(local, Buffer.from(name), data);
    directory.push(entry, Buffer.from(name));
    at += 30 + Buffer.byteLength(name) + data.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...bodies, ...directory, end]);
}

describe('where traces are read from', () => {
  const two = { 'a/x.json': JSON.stringify(row('o__r-1')), 'a/y.jsonl': jsonLines(row('o__r-2'), row('o__r-3')) };
  it.each([
    ['a tar', { 't.tar': tar(two) }],
    ['a gzipped tar', { 't.tar.gz': gzipSync(tar(two)) }],
    ['a zstd tar with a misleading name', { 't.bin': zstdCompressSync(tar(two)) }],
    [
      'a zip of every method',
      {
        'z.zip': zip({
          'a/x.json': { content: two['a/x.json'], method: 0 },
          'a/y.jsonl': { content: two['a/y.jsonl'], method: 93 },
        }),
      },
    ],
    [
      'a deflated zip',
      {
        'z.zip': zip({
          'a/x.json': { content: two['a/x.json'], method: 8 },
          'a/y.jsonl': { content: two['a/y.jsonl'], method: 8 },
        }),
      },
    ],
    [
      'gzip and zstd files',
      { 'a/x.json': gzipSync(two['a/x.json']), 'a/y': zstdCompressSync(Buffer.from(two['a/y.jsonl'])) },
    ],
    [
      'a byte order mark and CRLF',
      {
        'x.json': `\ufeff${JSON.stringify(row('o__r-1'), null, 1).replaceAll('\n', '\r\n')}`,
        'y.jsonl': two['a/y.jsonl'].replaceAll('\n', '\r\n'),
      },
    ],
    ['one array of records', { 'all.json': JSON.stringify([row('o__r-1'), row('o__r-2'), row('o__r-3')]) }],
  ])('%s', async (_name, files: Record<string, string | Buffer>) => {
    await imported(files, async ({ rows, summary }) => {
      expect(await rows('select task_id from traces order by task_id')).toEqual([
        { task_id: 'o__r-1' },
        { task_id: 'o__r-2' },
        { task_id: 'o__r-3' },
      ]);
      expect(summary.rejects).toBe(0);
    });
  });

  it('globs, and two arguments with one name', async () => {
    await imported(
      { 'a/x.json': row('o__r-1'), 'b/x.json': row('o__r-2'), 'b/skip.txt': 'x' },
      async ({ rows }) => {
        expect(await rows(tasks)).toEqual([
          { task_id: 'o__r-1', source_uri: 'x.json' },
          { task_id: 'o__r-2', source_uri: 'x.json~2' },
        ]);
      },
      { inputs: ['*/x.json'] },
    );
  });

  it('standard input', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'socratic-stdin-'));
    mkdirSync(folder, { recursive: true });
    const path = await spoolInput(Readable.from([jsonLines(row('o__r-9'))]), folder);
    expect(readFileSync(path, 'utf8')).toContain('o__r-9');
    rmSync(folder, { recursive: true });
  });

  it('Parquet, and says when parquetjs rounded its integers', async () => {
    const wide = readFileSync('tests/fixtures/traces/parquetjs-wide.parquet');
    const narrow = readFileSync('tests/fixtures/traces/parquetjs-narrow.parquet');
    await imported({ 'wide.parquet': wide, 'narrow.parquet': narrow }, async ({ rows }) => {
      expect(await rows('select source_uri, outcome, quality_flags from traces order by source_uri')).toEqual([
        { source_uri: 'in/narrow.parquet', outcome: 'resolved', quality_flags: '[]' },
        { source_uri: 'in/wide.parquet', outcome: 'resolved', quality_flags: '["int64_precision"]' },
      ]);
      expect(await rows('select source_uri, error_code, error_message from ingest_rejects')).toMatchObject([
        {
          source_uri: 'in/wide.parquet',
          error_code: 'int64_precision',
          error_message: expect.stringContaining('seed (1 values)'),
        },
      ]);
    });
  });
});

describe('splitting', () => {
  const chunked = async function* (text: string, size: number) {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  const collect = async (pieces: ReturnType<typeof splitArray>) => {
    const out: unknown[] = [];
    for await (const piece of pieces)
      out.push('fault' in piece ? piece.fault.code : JSON.parse(piece.bytes.toString('utf8')));
    return out;
  };

  it('hands out the elements of any array, however the bytes arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue(), { minLength: 1 }),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(undefined, 2),
        async (list, size, indent) => {
          const text = JSON.stringify(list, null, indent);
          expect(await collect(splitArray(chunked(text, size)))).toEqual(JSON.parse(text));
        },
      ),
    );
  });

  it('hands out the lines of any text with their offsets', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue(), { minLength: 1 }),
        fc.integer({ min: 1, max: 40 }),
        async (list, size) => {
          const text = jsonLines(...list);
          const bytes = Buffer.from(text);
          const out: unknown[] = [];
          for await (const piece of splitLines(chunked(text, size))) {
            if ('fault' in piece) throw new Error(piece.fault.message);
            expect(bytes.subarray(piece.byte_offset, piece.byte_offset + piece.bytes.length)).toEqual(piece.bytes);
            out.push(JSON.parse(piece.bytes.toString('utf8')));
          }
          expect(out).toEqual(list.map((value) => JSON.parse(JSON.stringify(value))));
        },
      ),
    );
  });

  it('says that an array was cut', async () => {
    expect(await collect(splitArray(chunked('[{"a": 1}, ', 4)))).toEqual([{ a: 1 }, 'truncated']);
  });
});

describe('names', () => {
  it.each([
    ['runs/a/x__y-1.traj.json.gz', 'runs/a', 'x__y-1'],
    ['log.eval!samples/3_epoch_1.json', 'log.eval!samples', '3_epoch_1'],
    ['log.eval!header.json', 'log.eval!', 'header'],
    ['plain', '', 'plain'],
  ])('%s', (uri, folder, stem) => {
    expect([folderOf(uri), stemOf(uri)]).toEqual([folder, stem]);
  });
});

describe('ends of paths', () => {
  const blob = (uri: string) => ({ uri, path: uri, offset: 0, length: 1, codec: 'none' as const });
  it('are four parts, and longer where copies of one tree meet', () => {
    const uris = ['in/a/runs/r1/x/t.json.gz', 'in/b/runs/r1/x/t.json', 'in/c/y.json'];
    expect(withTails(uris.map(blob)).map((b) => b.tail)).toEqual([
      'a/runs/r1/x/t.json',
      'b/runs/r1/x/t.json',
      'in/c/y.json',
    ]);
  });
  it('are never shared by two files', () => {
    const part = fc.constantFrom('a', 'b', 'c');
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.array(part, { minLength: 1, maxLength: 7 }).map((parts) => parts.join('/'))),
        (uris) => {
          const tails = withTails(uris.map(blob)).map((b) => b.tail);
          // a path that is the end of another one keeps its whole length; the longer one then has one part more
          expect(new Set(tails).size).toBe(uris.length);
        },
      ),
    );
  });
});
