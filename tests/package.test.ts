import { describe, expect, it } from 'vitest';
import { importsOf, projectFiles, textOf } from './sources.ts';

const { dependencies, devDependencies, ...rest } = JSON.parse(textOf('package.json'));
const all: [name: string, version: string][] = Object.entries({ ...dependencies, ...devDependencies });
const lock = JSON.parse(textOf('package-lock.json'));
const reasons = new Map(
  [...textOf('CONTRIBUTING.md').matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(([, name, why]) => [name!, why!]),
);

/** Packages with an install script that works without it: their package holds what the script would make. */
const scriptsNotNeeded = ['koffi', 'tree-sitter-go', 'tree-sitter-javascript', 'tree-sitter-python'];

describe('package.json', () => {
  it.each(all)('%s is pinned exactly', (_, version) => {
    expect(version).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
  });

  it.each(all)('%s is in the lock file at that version, with a digest', (name, version) => {
    expect(lock.packages[`node_modules/${name}`]).toMatchObject({
      version,
      integrity: expect.stringMatching(/^sha512-/),
    });
  });

  it.each(all)('%s has a reason in CONTRIBUTING.md', (name) => {
    expect(reasons.get(name)?.length ?? 0).toBeGreaterThan(4);
  });

  it('no reason is left of a package that is gone', () => {
    expect([...reasons.keys()].filter((name) => !all.some(([known]) => known === name))).toEqual([]);
  });

  it('what is imported is there, and what is there is imported or says why not', () => {
    const sources = projectFiles().filter((path) => /^(pipeline|schemas|jobs|tests)\/.*\.ts$/.test(path));
    const imported = new Set(
      sources
        .flatMap((path) => importsOf(path))
        .map(({ to }) => packageOf(to))
        .filter((name) => name !== ''),
    );
    expect([...imported].filter((name) => !all.some(([known]) => known === name))).toEqual([]);
    const idle = all.map(([name]) => name).filter((name) => !imported.has(name));
    expect(idle.filter((name) => !reasons.get(name)?.startsWith('not imported: '))).toEqual([]);
    expect([...imported].filter((name) => reasons.get(name)?.startsWith('not imported'))).toEqual([]);
  });

  it('the library imports no package that is only for development', () => {
    const sources = projectFiles().filter(
      (path) => /^(pipeline|schemas|jobs)\/.*\.ts$/.test(path) && !path.endsWith('/build.ts'),
    );
    const wrong = sources
      .flatMap((path) => importsOf(path))
      .filter(({ to }) => Object.hasOwn(devDependencies, packageOf(to)));
    expect(wrong).toEqual([]);
  });

  it('has no scripts and publishes nothing', () => {
    expect(rest).toMatchObject({ type: 'module', license: 'MIT', private: true });
    expect(Object.keys(rest.scripts ?? {}).filter((name) => /install|prepare|publish/.test(name))).toEqual([]);
  });
});

describe('installing', () => {
  it('runs no script of anyone', () => {
    expect(textOf('.npmrc')).toMatch(/^ignore-scripts=true$/m);
    const scripted = Object.entries(lock.packages as Record<string, { hasInstallScript?: boolean }>)
      .filter(([, entry]) => entry.hasInstallScript)
      .map(([path]) => path.replace('node_modules/', ''));
    expect(scripted.filter((name) => !scriptsNotNeeded.includes(name))).toEqual([]);
  });

  it('every locked package has a digest, and none an address', () => {
    const entries = Object.entries(lock.packages as Record<string, { integrity?: string; resolved?: string }>).filter(
      ([path]) => path !== '',
    );
    expect(entries.filter(([, entry]) => !entry.integrity).map(([path]) => path)).toEqual([]);
    expect(entries.filter(([, entry]) => entry.resolved).map(([path]) => path)).toEqual([]);
  });

  it('what would have needed a script works without it', async () => {
    const { default: koffi } = await import('koffi');
    expect(koffi.load('libc.so.6').func('int abs(int)')(-3)).toBe(3);
  });
});

/** `@scope/name` or `name` of a bare specifier; nothing for files and for Node's own modules. */
function packageOf(specifier: string): string {
  if (specifier.startsWith('node:') || /^(pipeline|schemas|jobs|tests)\/|\.[cm]?[jt]s$/.test(specifier)) return '';
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
