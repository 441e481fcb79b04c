import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { defineCommand, runCommand } from '../../../jobs/command.ts';
import type { Manifest } from '../../../pipeline/stage.ts';
import { Database } from '../../../pipeline/warehouse/database.ts';
import { readParquet, sortByKey, writeParquet } from '../../../pipeline/warehouse/parquet.ts';
import { contentDigest, Warehouse } from '../../../pipeline/warehouse/store.ts';
import { createViews } from '../../../pipeline/warehouse/views.ts';
import { Ledger } from '../../../schemas/ledger.ts';
import { count, defineTable, duration, id, optional, type Table, text } from '../../../schemas/table.ts';

const columns = {
  thing_id: id('Name.'),
  value: count('Value.'),
  note: optional(text('Note.')),
  wall_ms: duration('Time.'),
};
const Things = defineTable('things', { doc: 'Things.', key: ['thing_id'], columns });
const Secrets = defineTable('secrets', { doc: 'Secrets.', key: ['thing_id'], is_sealed: true, columns });
const row = (thing_id: string, value = 1, wall_ms = 0) => ({ thing_id, value, note: null, wall_ms });

const manifest = (stage: string, round = 1): Omit<Manifest, 'outputs'> => ({
  fingerprint: `f-${stage}`,
  ingredients: { stage, version: 1, params: {}, seed: '', ports: {}, schemas: {}, inputs: {} },
  round,
  dropped: {},
  wall_ms: 0,
});

let folder: string;
let store: Warehouse;
let database: Database;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-'));
  database = await Database.open({ threads: 1, temp_directory: join(folder, 'spill') });
  store = new Warehouse(join(folder, 'warehouse'), database);
});
afterEach(async () => {
  database.close();
  await rm(folder, { recursive: true, force: true });
});

const write = (table: Table, rows: readonly object[], stage = 'make', round = 1) =>
  store.commit(manifest(stage, round), [{ table, rows }]);
const partOf = async (table: string, round = 1): Promise<string> => {
  const parts = join(store.root, table, `round=${round}`);
  return join(parts, (await readdir(parts))[0]!);
};

describe('content digest', () => {
  it('is of the rows, not of their order, their times or their file', () => {
    const rows = [row('b'), row('a', 2, 5), row('ä', 3)];
    const digest = contentDigest(Things, rows);
    expect(
      contentDigest(
        Things,
        [...rows].reverse().map((r) => ({ ...r, wall_ms: 99 })),
      ),
    ).toBe(digest);
    expect(contentDigest(Things, [row('b'), row('a', 3, 5), row('ä', 3)])).not.toBe(digest);
    expect(contentDigest(Secrets, rows)).not.toBe(digest);
  });

  it('is the same before writing and after reading, whatever the text', async () => {
    const rows = [
      { ...row('\ud83d'), note: '\ufeffhalf \udc00' },
      { ...row('z'), note: '\u0000' },
    ];
    const { outputs } = await write(Things, rows);
    expect(contentDigest(Things, await store.read(Things, 1))).toBe(outputs.things!.digest);
  });

  it('equal rows give equal bytes', async () => {
    const files = [join(folder, 'a.parquet'), join(folder, 'b.parquet')];
    const rows = Array.from({ length: 5000 }, (_, i) => row(`k${(i * 7919) % 5000}`, i));
    await writeParquet(database, Things, rows, files[0]!);
    await writeParquet(database, Things, [...rows].reverse(), files[1]!);
    expect(execFileSync('cmp', files).toString()).toBe('');
  });

  it('sorts as DuckDB does', async () => {
    const names = ['b', 'a', 'A', 'ä', 'a\u0000', '😀', 'ﬀ', '10', '9', ''].map((n) => `x${n}`);
    await writeParquet(
      database,
      Things,
      names.map((n) => row(n)),
      join(folder, 's.parquet'),
    );
    const stored = await database.rows(`select thing_id from '${join(folder, 's.parquet')}' order by thing_id`);
    expect(
      sortByKey(
        Things,
        names.map((n) => row(n)),
      ).map((r) => r.thing_id),
    ).toEqual(stored.map((r) => r.thing_id));
  });
});

describe('commit', () => {
  it('keeps sealed tables under their own prefix', async () => {
    await write(Secrets, [row('a')]);
    expect((await partOf('sealed/secrets')).endsWith('.parquet')).toBe(true);
    expect(existsSync(join(store.root, 'secrets'))).toBe(false);
  });

  it('replaces what the same stage wrote, adds to what another wrote', async () => {
    await write(Things, [row('a'), row('b')], 'one');
    await write(Things, [row('c')], 'two');
    await write(Things, [row('d')], 'one');
    expect((await store.read(Things, 1)).map((r) => r.thing_id)).toEqual(['c', 'd']);
    expect(await readdir(join(store.root, 'things/round=1'))).toHaveLength(2);
    expect(await store.rounds()).toEqual([1]);
  });

  it('leaves the old table when a later table of the stage is refused', async () => {
    await write(Things, [row('a')]);
    const both = store.commit(manifest('make'), [
      { table: Things, rows: [row('b')] },
      { table: Secrets, rows: [{ thing_id: 1 }] },
    ]);
    await expect(both).rejects.toThrow(/secrets row 0/);
    expect(await store.read(Things, 1)).toEqual([row('a')]);
    expect(await readdir(join(store.root, '.staging'))).toEqual([]);
  });

  it('a crash before the manifest leaves the old table, a crash after it the new one', async () => {
    await write(Things, [row('a')]);
    const before = await store.manifest(1, 'make');
    await write(Things, [row('b')]);
    const after = join(store.root, 'manifests/round=1/make.json');
    expect((await store.read(Things, 1)).map((r) => r.thing_id)).toEqual(['b']);
    await writeFile(after, JSON.stringify(before));
    await expect(store.read(Things, 1)).rejects.toThrow(/no such file[\s\S]*make round N=1/);
    expect(await store.isIntact(before!)).toBe(false);
  });

  it('cleaning removes the parts that a killed run published and no manifest names, and nothing else', async () => {
    await write(Things, [row('a')]);
    await write(Secrets, [row('a')], 'hide');
    const kept = [await partOf('things'), await partOf('sealed/secrets')];
    for (const part of kept) await copyFile(part, join(part, '../make-0123456789ab.parquet'));
    await writeFile(join(store.root, 'things/round=1/notes.txt'), 'mine');
    await store.clean();
    expect(await readdir(join(store.root, 'things/round=1'))).toEqual([basename(kept[0]!), 'notes.txt']);
    expect(await readdir(join(store.root, 'sealed/secrets/round=1'))).toEqual([basename(kept[1]!)]);
    expect(await store.read(Things, 1)).toHaveLength(1);
  });
});

describe('what is wrong on disk is said', () => {
  it.each([
    ['half a file', '{"fingerprint": "x', /make\.json\n.*manifest in JSON\n.*JSON[\s\S]*delete the file/],
    ['another file', '{}', /make\.json\n[\s\S]*fingerprint: [\s\S]*delete the file/],
    ['no object', 'null', /make\.json\n[\s\S]*delete the file/],
    [
      'a wrong part',
      '{"fingerprint":"f","ingredients":{"stage":"make"},"outputs":{"things":7},"dropped":{},"wall_ms":0}',
      /outputs\.things/,
    ],
  ])('a manifest that is %s', async (_, content, said) => {
    await mkdir(join(store.root, 'manifests/round=1'), { recursive: true });
    await writeFile(join(store.root, 'manifests/round=1/make.json'), content);
    await expect(store.manifest(1, 'make')).rejects.toThrow(said);
    await expect(store.read(Things, 1)).rejects.toThrow(said);
  });

  it('a part of another schema, by column', async () => {
    const Older = defineTable('things', {
      doc: 'Things.',
      key: ['thing_id'],
      columns: { thing_id: id('Name.'), value: text('Value.'), colour: text('Colour.') },
    });
    await write(Older, [{ thing_id: 'a', value: '1', colour: 'red' }]);
    const said = /things.*\n.*note VARCHAR, wall_ms DOUBLE\n.*value VARCHAR, colour VARCHAR\n.*make round/;
    await expect(store.read(Things, 1)).rejects.toThrow(said);
    await expect(store.read(Things, 1)).rejects.toThrow(/value INTEGER/);
  });

  it('a part with a value its table refuses', async () => {
    const Loose = defineTable('things', {
      doc: 'T.',
      key: ['thing_id'],
      columns: { ...columns, thing_id: text('Name.') },
    });
    await write(Loose, [row('')]);
    await expect(store.read(Things, 1)).rejects.toThrow(/round=1.*row 0\n.*\n.*thing_id: /);
  });

  it('a file that is no Parquet at all', async () => {
    await writeFile(join(folder, 'x.parquet'), 'garbage');
    await expect(readParquet(database, Things, [join(folder, 'x.parquet')])).rejects.toThrow(
      /x\.parquet\n.*Parquet files of table things/,
    );
  });

  it.each(['missing', 'changed'])('a part that is %s, also to those who only look', async (what) => {
    await write(
      Ledger,
      [
        {
          stage: 's',
          execution_count: 0,
          unique_execution_count: 0,
          cost_usd: 0,
          wall_ms: 0,
          cpu_ms: 0,
          alignment_ms: 0,
        },
      ],
      'make',
      0,
    );
    await (what === 'missing' ? rm(await partOf('ledger', 0)) : writeFile(await partOf('ledger', 0), 'garbage'));
    await expect(createViews(store)).rejects.toThrow(/ledger\/round=0\/[\s\S]*fix: run make round N=1 again/);
  });

  it('ignores folders that are no rounds', async () => {
    await write(Things, [row('a')]);
    await mkdir(join(store.root, 'manifests/round='), { recursive: true });
    await mkdir(join(store.root, 'manifests/lost+found'), { recursive: true });
    expect(await store.rounds()).toEqual([1]);
  });
});

/** A file system of half a megabyte, or why there is none. */
function tinyDisk(at: string): string | null {
  if (process.getuid?.() !== 0) return 'only root can mount a tiny file system';
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', at], { stdio: 'pipe' });
    return null;
  } catch (error) {
    return `mount: ${String((error as { stderr?: Buffer }).stderr).trim()}`;
  }
}

it('a full disk is a sentence, and leaves the old table', async (context) => {
  const disk = join(folder, 'disk');
  await mkdir(disk);
  const reason = tinyDisk(disk);
  if (reason) {
    process.stderr.write(`the test of a full disk is skipped: ${reason}\n`);
    return context.skip();
  }
  try {
    const small = new Warehouse(join(disk, 'warehouse'), database);
    await small.commit(manifest('make'), [{ table: Things, rows: [row('a')] }]);
    const random = Array.from({ length: 8000 }, (_, i) => ({
      ...row(`k${i}`, (i * 2654435761) % 2 ** 31),
      note: `${Math.sin(i)}`,
    }));
    const said: string[] = [];
    const effects = { print: () => {}, log: (line: string) => said.push(line), isTerminal: false, environment: {} };
    const command = defineCommand({
      summary: '',
      options: z.object({}),
      run: async () => void (await small.commit(manifest('make'), [{ table: Things, rows: random }])),
    });
    expect(await runCommand('round', command, [], effects)).toBe(2);
    expect(said.join()).toMatch(/^round: the disk is full\n {2}fix: free some space/);
    expect(await small.read(Things, 1)).toEqual([row('a')]);
    expect(await readdir(join(disk, 'warehouse/.staging'))).toEqual([]);
  } finally {
    execFileSync('umount', [disk]);
  }
});
