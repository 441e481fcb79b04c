import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataError } from '../../../pipeline/errors.ts';
import { type FetchSeed, openLibrary } from '../../../pipeline/repositories/library.ts';
import type { Seed } from '../../../pipeline/repositories/manifest.ts';
import { tinySeeds } from '../../tiny.ts';

let folder: string;
let seeds: Seed[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'library-'));
  seeds = await tinySeeds(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const fromPath: FetchSeed = async ({ origin }) => (origin as { path: string }).path;
const open = async (over: Partial<Seed> = {}, fetchSeed: FetchSeed = fromPath, only = 0) => {
  const said: string[] = [];
  const changed = seeds.map((seed, i) => (i === only ? { ...seed, ...over } : seed));
  return { library: await openLibrary(changed, fetchSeed, (line) => said.push(line)), said };
};

describe('openLibrary', () => {
  it('lists sources and tests apart, sorted, and reads their text', async () => {
    const { library, said } = await open();
    const [python] = library.seeds;
    expect(python!.snapshot!.source_paths).toEqual(
      ['__init__', 'basket', 'checks', 'errors', 'wording'].map((n) => `tally/${n}.py`),
    );
    expect(python!.snapshot!.test_paths).toEqual(['tests/test_basket.py', 'tests/test_wording.py']);
    expect(library.sources(python!.repository_id).get('tally/basket.py')).toContain('class Basket');
    expect(library.tests(python!.repository_id).get('tests/test_basket.py')).toContain('def test_total');
    expect(said).toEqual([]);
    expect(() => library.sources('repo_absent')).toThrow('not unpacked');
  });

  it('a file that is source and test by its globs is a test', async () => {
    const { library } = await open({ source: ['**/*.py'] });
    expect(library.seeds[0]!.snapshot!.source_paths.some((p) => p.startsWith('tests/'))).toBe(false);
  });

  it('one that cannot be had is left out with its reason, and the rest goes on', async () => {
    seeds.push({ ...seeds[0]!, name: 'fifth' });
    const lost: FetchSeed = async (seed) => {
      if (seed.name !== 'fifth') return fromPath(seed);
      throw DataError.of({ where: 'fifth', expected: 'an archive', found: 'no network', fix: 'look at the cable' });
    };
    const { library, said } = await open({}, lost);
    expect(library.seeds).toHaveLength(5);
    expect(library.seeds[4]).toMatchObject({
      snapshot: null,
      detail: 'fifth; expected: an archive; found: no network; fix: look at the cable',
    });
    expect(said).toEqual([
      'seed fifth 1.0.0 is left out: fifth; expected: an archive; found: no network; fix: look at the cable',
    ]);
  });

  it('globs that match nothing leave it out; too few is a sentence with the first reason', async () => {
    await expect(open({ source: ['nothing/*.py'] })).rejects.toThrow(
      /seed repositories\n {2}expected: at least 4, 2 of them for training\n {2}found: 3, 1 for training \(left out: tiny-python-train\)\n {2}fix: check the network; the first reason was: .*files that match nothing/,
    );
    await expect(openLibrary(seeds.slice(0, 3), fromPath, () => {})).rejects.toThrow(
      'fix: widen the setting repositories',
    );
  });

  it('a mistake of ours is not a seed that cannot be had', async () => {
    await expect(open({}, () => Promise.reject(new TypeError('oops')))).rejects.toThrow(TypeError);
  });
});

describe('identity', () => {
  const idOf = async (over: Partial<Seed> = {}) => (await open(over)).library.seeds[0]!.repository_id;

  it('is of what decides a run: sources, tests and how they are run', async () => {
    const id = await idOf();
    expect(await idOf()).toBe(id);
    expect(await idOf({ notes: 'new', licence: 'BSD-3-Clause', split: 'train' })).toBe(id);
    const deselect = [{ id: 'tests/test_basket.py::test_total', reason: 'slow' }];
    expect(await idOf({ test: { ...seeds[0]!.test, deselect } })).not.toBe(id);
    expect(await idOf({ source: ['tally/basket.py'] })).not.toBe(id);
    const root = join(folder, 'python');
    writeFileSync(join(root, 'NOTES.txt'), 'not a source');
    expect(await idOf()).toBe(id);
    appendFileSync(join(root, 'tally/basket.py'), '\n# changed\n');
    const changed = await idOf();
    expect(changed).not.toBe(id);
    appendFileSync(join(root, 'tests/test_basket.py'), '\n# changed\n');
    expect(await idOf()).not.toBe(changed);
  });

  it('a declared digest of a folder is held to', async () => {
    const { library } = await open();
    const { sha256 } = library.seeds[0]!;
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    const origin = { ...seeds[0]!.origin, sha256 } as Seed['origin'];
    expect((await open({ origin })).library.seeds[0]!.snapshot).not.toBeNull();
    mkdirSync(join(folder, 'python/tally/new.py'));
    expect((await open({ origin })).library.seeds[0]!.snapshot, 'a folder is no source').not.toBeNull();
    appendFileSync(join(folder, 'python/tally/basket.py'), '\n');
    await expect(open({ origin })).rejects.toThrow(
      /files with digest [0-9a-f]{64}; found: [0-9a-f]{64}; fix: put the found digest/,
    );
  });

  it('the library is named by what it has', async () => {
    const { library } = await open();
    expect((await open()).library.id).toBe(library.id);
    expect((await open({ split: 'validation' }, fromPath, 1).catch(() => null))?.library.id).not.toBe(library.id);
  });
});
