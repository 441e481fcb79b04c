import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataError } from '../../errors.ts';
import type { Seed } from '../manifest.ts';

/** What a tree looks like, or why it cannot be used. */
export type Detected =
  | (Pick<Seed, 'language' | 'version' | 'licence' | 'source' | 'tests' | 'test'> & Partial<Pick<Seed, 'requirements'>>)
  | { status: 'no_tests' | 'missing_runner'; detail: string };

/** Looks at names and manifests only; runs nothing. */
export function detect(root: string): Detected {
  if (existsSync(join(root, 'package.json'))) return detectJavascript(root);
  if (existsSync(join(root, 'go.mod'))) return detectGo(root);
  const isPython = ['pyproject.toml', 'setup.py', 'setup.cfg'].some((name) => existsSync(join(root, name)));
  if (isPython || globSync('**/*.py', { cwd: root }).length > 0) return detectPython(root);
  const known: Record<string, string> = {
    '*.go': 'Go without go.mod',
    'Cargo.toml': 'Rust',
    'pom.xml': 'Java',
    Gemfile: 'Ruby',
  };
  const other = Object.keys(known).find((name) => globSync(name, { cwd: root }).length > 0);
  const detail = other ? `a ${known[other]} project; Python, JavaScript and Go can be run` : 'no known language';
  return { status: 'missing_runner', detail };
}

const pythonTests = [
  'tests/**/test_*.py',
  'tests/**/*_test.py',
  'test/**/test_*.py',
  'test_*.py',
  '*/tests/**/test_*.py',
];
const pythonAside =
  /(^|\/)(tests?|docs?|examples?|benchmarks?|build|dist|\.[^/]+)\/|(^|\/)(setup|conftest|noxfile)\.py$/;

function detectPython(root: string): Detected {
  const tests = pythonTests.filter((glob) => globSync(glob, { cwd: root }).length > 0);
  if (tests.length === 0) return { status: 'no_tests', detail: `no file like ${pythonTests.slice(0, 4).join(', ')}` };
  const folders = new Set(
    globSync('**/*.py', { cwd: root })
      .filter((path) => !pythonAside.test(path) && !/(^|\/)test_[^/]*$/.test(path))
      .map((path) => (path.includes('/') ? path.slice(0, path.lastIndexOf('/') + 1) : '')),
  );
  const source = [...folders].sort().map((folder) => `${folder}*.py`);
  const import_roots = existsSync(join(root, 'src')) ? ['src'] : [];
  return {
    language: 'python',
    version: versionIn(root, 'pyproject.toml', /^version\s*=\s*["']([^"']+)/m),
    licence: 'unknown',
    source: source.filter((glob) => glob !== '*.py' || source.length === 1),
    tests,
    test: { runner: 'pytest', deselect: [], import_roots, environment: {} },
  };
}

const goAside = /(^|\/)(vendor|testdata|examples?|internal\/testutil|cmd|_[^/]*|\.[^/]+)\//;

/** The packages of one module; what it requires is what its go.mod says. */
function detectGo(root: string): Detected {
  const files = globSync('**/*.go', { cwd: root }).filter((path) => !goAside.test(path));
  const tests = files.filter((path) => path.endsWith('_test.go')).sort();
  if (tests.length === 0) return { status: 'no_tests', detail: 'no file like *_test.go' };
  const generated = (path: string) =>
    /^\/\/ Code generated .* DO NOT EDIT\.$/m.test(readFileSync(join(root, path), 'utf8'));
  return {
    language: 'go',
    version: '0',
    licence: 'unknown',
    source: files.filter((path) => !path.endsWith('_test.go') && !generated(path)).sort(),
    tests,
    test: { runner: 'go-test', deselect: [], import_roots: [], environment: {} },
    requirements: goRequirements(readFileSync(join(root, 'go.mod'), 'utf8')),
  };
}

function goRequirements(text: string): string[] {
  const [, version] = /^go\s+(\d[\w.]*)/m.exec(text) ?? [];
  const required = [...text.matchAll(/^(?:require)?\s+([\w.-]+\.[\w./~-]+)\s+(v\d[\w.+-]*)/gm)];
  const pins = required.map(([, path, exact]) => `${path}@${exact}`);
  return pins.length === 0 ? [] : [...(version ? [`go@${version}`] : []), ...pins];
}

/** What a test script or a test file says of its framework. */
const frameworks = ['tape', 'mocha', 'node-test', 'jest', 'vitest', 'ava', 'jasmine', 'tap', 'uvu', 'karma'] as const;
type Framework = (typeof frameworks)[number];
type Runnable = Exclude<Seed['test']['runner'], 'pytest' | 'go-test'>;
const runnable = ['tape', 'mocha', 'node-test', 'jest', 'vitest'] as const satisfies readonly Runnable[];
const isRunnable = (framework: string | null): framework is Runnable => runnable.some((name) => name === framework);
/** Those whose own loader reads ES modules, and which know their test files by name. */
const byName = new Set<string>(['jest', 'vitest']);

const javascriptTests = [
  'test/**/*.js',
  'tests/**/*.js',
  'test.js',
  '**/*.test.{js,cjs,mjs}',
  '**/*.spec.{js,cjs,mjs}',
  '**/__tests__/**/*.js',
  'spec/**/*.js',
];

function detectJavascript(root: string): Detected {
  const manifest = readManifest(join(root, 'package.json'));
  const tests = javascriptTests.filter((glob) => testFiles(root, glob).length > 0);
  const files = tests.flatMap((glob) => testFiles(root, glob));
  if (files.length === 0) return { status: 'no_tests', detail: `no file like ${javascriptTests.join(', ')}` };
  const texts = files.slice(0, 40).map((path) => readFileSync(join(root, path), 'utf8'));
  const framework = frameworkOf(texts.join('\n'), manifest);
  if (!isRunnable(framework))
    return {
      status: 'missing_runner',
      detail: `its tests are of ${framework ?? 'an unknown framework'}; tape, mocha, node:test, jest and vitest can be run`,
    };
  if (manifest.type === 'module' && !byName.has(framework))
    return { status: 'missing_runner', detail: `ES modules tested by ${framework}; CommonJS can be run` };
  return {
    language: 'javascript',
    version: String(manifest.version ?? '0.0.0'),
    licence: typeof manifest.license === 'string' ? manifest.license : 'unknown',
    source: sourcesOf(root, byName.has(framework) ? '{js,cjs,mjs}' : '{js,cjs}'),
    tests: byName.has(framework) ? namedTests(files) : tests,
    test: { runner: framework, deselect: [], import_roots: [], environment: {} },
  };
}

function readManifest(path: string): Record<string, any> {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const fix = 'mend the file';
    throw DataError.of({ where: path, expected: 'JSON', found: (error as Error).message, fix });
  }
}

/** As jest and vitest know them; all when none is named so. */
function namedTests(files: readonly string[]): string[] {
  const named = files.filter((path) => /(^|\/)__tests__\/|\.(test|spec)\.[cm]?js$/.test(path));
  return [...new Set(named.length > 0 ? named : files)].sort();
}

const testFiles = (root: string, glob: string): string[] =>
  globSync(glob, { cwd: root }).filter((path) => !path.includes('node_modules/'));

function frameworkOf(text: string, { scripts, devDependencies }: Record<string, any>): Framework | null {
  const script = String(scripts?.test ?? '');
  const required = (name: string) => new RegExp(`(require\\(|from )['"](node:|@)?${name}['"/]`).test(text);
  if (required('tape')) return 'tape';
  if (/(require\(|from )['"]node:test['"]/.test(text)) return 'node-test';
  const named = frameworks.find((name) => new RegExp(`\\b${name}\\b`).test(script) || required(name));
  return named ?? frameworks.find((name) => devDependencies?.[name]) ?? (/\bdescribe\s*\(/.test(text) ? 'mocha' : null);
}

const javascriptAside =
  /(^|\/)(node_modules|tests?|__tests__|spec|examples?|bench(marks?)?|docs?|dist|coverage|\.[^/]+)\/|(^|\/)[^/]*\.(test|spec|config|min)\.[cm]?js$|(^|\/)(test|Gruntfile|gulpfile)\.js$/;

function sourcesOf(root: string, extensions: string): string[] {
  const files = globSync(`**/*.${extensions}`, { cwd: root }).filter((path) => !javascriptAside.test(path));
  return [...new Set(files)].sort();
}

const versionIn = (root: string, file: string, pattern: RegExp): string =>
  (existsSync(join(root, file)) && pattern.exec(readFileSync(join(root, file), 'utf8'))?.[1]) || '0';
