import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { imported, jsonLines } from './rig.ts';

const row = (id: string, extra: object = {}) => ({
  instance_id: id,
  messages: [
    { role: 'user', content: `mend ${id}` },
    { role: 'assistant', content: 'done' },
  ],
  ...extra,
});
const good = jsonLines(row('a__b-1'), row('a__b-2'));
const rejects =
  'select source_uri, source_record, byte_offset, error_code, error_message, format_guess, salvaged from ingest_rejects order by source_uri, source_record';

const cases: { name: string; file: string; content: string | Buffer; code: string; traces: number; record?: number }[] =
  [
    {
      name: 'a bad line among good ones',
      file: 'x.jsonl',
      content: good.replace('\n', '\n{"instance_id": oops}\n'),
      code: 'not_json',
      traces: 2,
      record: 1,
    },
    {
      name: 'an unterminated line',
      file: 'x.jsonl',
      content: good.replace('\n', '\n{"instance_id": "a__b-9", "messages": [{"role"\n'),
      code: 'truncated',
      traces: 2,
      record: 1,
    },
    {
      name: 'a last line cut short',
      file: 'x.jsonl',
      content: good + good.slice(0, 40),
      code: 'truncated',
      traces: 2,
      record: 2,
    },
    {
      name: 'NaN',
      file: 'x.jsonl',
      content: good.replace('\n', '\n{"instance_id": "a__b-9", "reward": NaN, "messages": []}\n'),
      code: 'nan',
      traces: 2,
      record: 1,
    },
    {
      name: 'half a surrogate pair',
      file: 'x.jsonl',
      content: good.replace('\n', '\n{"messages": [{"role": "user", "content": "\\ud83d!"}]}\n'),
      code: 'lone_surrogate',
      traces: 2,
      record: 1,
    },
    {
      name: 'a key given twice',
      file: 'x.jsonl',
      content: good.replace(
        '\n',
        '\n{"resolved": true, "messages": [{"role": "user", "content": "x"}], "resolved": false}\n',
      ),
      code: 'duplicate_key',
      traces: 2,
      record: 1,
    },
    {
      name: 'bytes that are not UTF-8',
      file: 'x.jsonl',
      content: Buffer.concat([
        Buffer.from('{"messages": [{"role": "user", "content": "caf'),
        Buffer.from([0xe9]),
        Buffer.from('"}]}\n'),
        Buffer.from(good),
      ]),
      code: 'not_utf8',
      traces: 2,
      record: 0,
    },
    {
      name: 'a document cut in the middle',
      file: 'x.traj',
      content: '{"environment": "swe_main", "trajectory": [{"action": "ls", "observation": "a',
      code: 'truncated',
      traces: 0,
    },
    {
      name: 'a Git LFS pointer',
      file: 'x.eval',
      content: 'version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 12\n',
      code: 'lfs_pointer',
      traces: 0,
    },
    { name: 'an empty file', file: 'x.json', content: '', code: 'empty', traces: 0 },
    { name: 'only white space', file: 'x.jsonl', content: ' \n\n', code: 'empty', traces: 0 },
    {
      name: 'a log with the wrong name',
      file: 'x.jsonl',
      content: '2025-01-01 12:00:00 INFO starting\n2025-01-01 12:00:01 INFO done\n',
      code: 'not_json',
      traces: 0,
    },
    {
      name: 'gzip cut short',
      file: 'x.jsonl.gz',
      content: gzipSync(good.repeat(400)).subarray(0, 300),
      code: 'truncated',
      traces: -1,
    },
    {
      name: 'zstd cut short',
      file: 'x.jsonl.zst',
      content: zstdCompressSync(Buffer.from(good.repeat(400))).subarray(0, 30),
      code: 'truncated',
      traces: -1,
    },
    {
      name: 'a zip without its directory',
      file: 'x.eval',
      content: Buffer.from('PK\x03\x04\x14\x00\x00\x00\x08\x00rest'),
      code: 'damaged_archive',
      traces: 0,
    },
    {
      name: 'a format nobody knows',
      file: 'x.json',
      content: '{"schema_version": "MINE-1", "steps": [], "notes": 1}',
      code: 'unknown_format',
      traces: 0,
    },
  ];

describe('malformed input', () => {
  it.each(cases)('$name is one reject and spares its neighbours', async ({ file, content, code, traces, record }) => {
    await imported({ [file]: content, 'good/neighbour.json': row('a__b-7') }, async ({ rows, summary }) => {
      const found = await rows(rejects);
      expect(found).toMatchObject([{ source_uri: `in/${file}`, error_code: code }]);
      if (record !== undefined) expect(found[0]!.source_record).toBe(record);
      expect(String(found[0]!.error_message).length).toBeGreaterThan(8);
      expect(summary.rejects).toBe(1);
      if (traces >= 0) expect(summary.traces).toBe(traces + 1);
      expect(await rows("select 1 from traces where task_id = 'a__b-7'")).toHaveLength(1);
    });
  });

  it('says where: the byte of the fault inside the file', async () => {
    const first = jsonLines(row('a__b-1'));
    await imported({ 'x.jsonl': `${first}{"messages": [], "reward": NaN}\n${first}` }, async ({ rows }) => {
      expect(await rows(rejects)).toMatchObject([{ byte_offset: first.length + 27, error_code: 'nan' }]);
    });
  });

  it('names the closest format and what it lacks', async () => {
    await imported({ 'x.json': '{"schema_version": "MINE-1", "steps": [{"step_id": 1}]}' }, async ({ rows }) => {
      const [reject] = await rows(rejects);
      expect(reject!.format_guess).toBe('atif');
      expect(reject!.error_message).toMatch(/lacks agent/);
    });
  });

  it('keeps a session that lost a line, and says so', async () => {
    const line = (type: string, message: object, uuid: string) => ({
      type,
      uuid,
      parentUuid: null,
      sessionId: 's1',
      cwd: '/x',
      timestamp: '2026-01-01T00:00:00Z',
      message,
    });
    const session = [
      line('user', { role: 'user', content: 'hello' }, '1'),
      line('assistant', { id: 'm1', role: 'assistant', content: [{ type: 'text', text: 'hi' }] }, '2'),
    ].map((value) => JSON.stringify(value));
    await imported({ 's.jsonl': `${session[0]}\n{"type": "assist\n${session[1]}\n` }, async ({ rows, summary }) => {
      expect(summary).toMatchObject({ traces: 1, rejects: 1 });
      expect(await rows('select step_count, quality_flags from traces')).toMatchObject([
        { step_count: 2, quality_flags: expect.stringContaining('salvaged_lines') },
      ]);
      expect(await rows(rejects)).toMatchObject([{ source_record: 1, salvaged: 2 }]);
    });
  });
});
