import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataError } from '../../../pipeline/errors.ts';
import { prepareNodeEnvironment } from '../../../pipeline/repositories/node-environment.ts';
import { fetchNpm } from '../../../pipeline/repositories/npm.ts';

let cacheDir: string;
beforeAll(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'npm-cache-'));
});
afterAll(() => rm(cacheDir, { recursive: true, force: true }));

describe('prepareNodeEnvironment', () => {
  it.each([
    ['left-pad@^1.0.0'],
    ['left-pad'],
    ['left-pad@latest'],
    ['tape@1.0.0'],
    ['../x@1.0.0'],
    ['a@1.0.0', 'a@2.0.0'],
  ])('refuses %s', async (...dependencies) => {
    await expect(prepareNodeEnvironment({ cacheDir, dependencies })).rejects.toThrow(DataError);
  });
});

describe('fetchNpm', () => {
  const integrity = `sha512-${Buffer.alloc(64).toString('base64')}`;

  it('says what to do when the package cannot be had', async () => {
    const origin = { name: '@socratic-swe-no-such-scope/nothing', version: '0.0.0', integrity };
    await expect(fetchNpm(origin, { cacheDir })).rejects.toThrow(/nothing@0\.0\.0[\s\S]*fix: check the network/);
  }, 60_000);

  it('uses what is there', async () => {
    const folder = join(cacheDir, 'sources', 'npm-scope-name-1.2.3-000000000000');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'index.js'), '');
    expect(await fetchNpm({ name: '@scope/name', version: '1.2.3', integrity }, { cacheDir })).toBe(folder);
  });
});
