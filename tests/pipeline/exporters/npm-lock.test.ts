import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type InstalledPackages, npmLock } from '../../../pipeline/exporters/npm-lock.ts';

const installed: InstalledPackages = {
  'node_modules/a': { version: '1.0.0', dependencies: { b: '^2.0.0', c: '*' }, resolved: 'https://registry.example/a' },
  'node_modules/a/node_modules/b': { version: '2.1.0', dependencies: { c: '^1.0.0' } },
  'node_modules/b': { version: '1.0.0' },
  'node_modules/c': { version: '1.4.0', optionalDependencies: { absent: '*', b: '^1.0.0' } },
  'node_modules/unused': { version: '9.0.0' },
};

const lockOf = (names: readonly string[]) =>
  JSON.parse(
    npmLock(Object.fromEntries(names.map((name) => [name, installed[`node_modules/${name}`]!.version])), installed),
  );

describe('the lock file of an image', () => {
  it.each([
    [['b'], ['', 'node_modules/b']],
    [['c'], ['', 'node_modules/b', 'node_modules/c']],
    [['a'], ['', 'node_modules/a', 'node_modules/a/node_modules/b', 'node_modules/b', 'node_modules/c']],
    [[], ['']],
  ])('%j needs %j', (names, places) => {
    expect(Object.keys(lockOf(names).packages)).toEqual(places);
  });

  it('has the versions that are installed, and no address', () => {
    const { packages } = lockOf(['a']);
    expect(packages['node_modules/a/node_modules/b'].version).toBe('2.1.0');
    expect(JSON.stringify(packages)).not.toContain('registry');
  });

  it('refuses what is not installed', () => {
    expect(() => npmLock({ gone: '1.0.0' }, installed)).toThrow(/expected: gone\n.*no such package installed/);
    const broken = { 'node_modules/a': { version: '1.0.0', dependencies: { gone: '*' } } };
    expect(() => npmLock({ a: '1.0.0' }, broken)).toThrow(/expected: gone, which node_modules\/a needs/);
  });

  it.each([
    ['1.0.0', 0],
    ['1.0.1', 1],
  ])('npm takes it for dependencies of version %s: exit %i', async (version, code) => {
    const folder = await mkdtemp(join(tmpdir(), 'npm-lock-'));
    await writeFile(join(folder, 'package-lock.json'), npmLock({ b: '1.0.0' }, installed));
    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: { b: version } }));
    const argv = ['ci', '--dry-run', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--legacy-peer-deps'];
    const ended = await promisify(execFile)('npm', argv, { cwd: folder }).catch((error) => error);
    expect(ended.code ?? 0).toBe(code);
    await rm(folder, { recursive: true });
  });
});
