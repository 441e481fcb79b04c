import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DataError } from '../../../errors.ts';
import type { RepositorySnapshot } from '../../../ports.ts';

export interface GoTest {
  /** `<test file>::<function>`. */
  id: string;
  name: string;
}

/** A folder whose tests are built into one program. */
export interface GoPackage {
  /** Relative to the repository; `.` for its root. */
  folder: string;
  /** As the package clause says, without the `_test` of tests from outside. */
  name: string;
  tests: GoTest[];
}

const clause = /^package\s+(\w+)/m;
/** `Test` alone, or followed by what is no small letter, as the go command knows them. */
const testFunction = /^func (Test(?:[^a-z(\s]\w*)?)\(\s*\w+\s+\*testing\.T\s*\)/gm;

/** The test functions of a repository, by package: files and functions in the order of their names and lines. */
export function packagesOf({ root, test_paths, name }: RepositorySnapshot): GoPackage[] {
  const packages = new Map<string, GoPackage>();
  for (const path of test_paths) {
    const text = readFileSync(join(root, path), 'utf8');
    const folder = dirname(path);
    const known = packages.get(folder) ?? { folder, name: packageIn(text, `${name}: ${path}`), tests: [] };
    known.tests.push(...[...text.matchAll(testFunction)].map(([, test]) => ({ id: `${path}::${test}`, name: test! })));
    packages.set(folder, known);
  }
  return [...packages.values()].filter(({ tests }) => tests.length > 0);
}

function packageIn(text: string, where: string): string {
  const [, name] = clause.exec(text) ?? [];
  if (name !== undefined) return name.replace(/_test$/, '');
  throw DataError.of({ where, expected: 'a package clause', found: 'none', fix: 'leave the file out of tests' });
}

/** Only these tests, package after package in the order in which they are first asked for. */
export function chosen(packages: readonly GoPackage[], tests: readonly string[]): GoPackage[] {
  const places = new Map(packages.flatMap((of) => of.tests.map((test) => [test.id, { of, test }])));
  const found = new Map<string, GoPackage>();
  for (const id of tests) {
    const place = places.get(id);
    if (!place) continue;
    const known = found.get(place.of.folder) ?? { ...place.of, tests: [] };
    known.tests.push(place.test);
    found.set(place.of.folder, known);
  }
  return [...found.values()];
}

/** The path in front of the names of a module's own files in a coverage profile. */
export function modulePath({ root, name }: RepositorySnapshot): string {
  const where = `${name}: go.mod`;
  const [, path] = /^module\s+"?([^\s"]+)/m.exec(readFileSync(join(root, 'go.mod'), 'utf8')) ?? [];
  if (path !== undefined) return path;
  throw DataError.of({ where, expected: 'a module line', found: 'none', fix: 'mend the file' });
}
