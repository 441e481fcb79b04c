import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { goCommand } from '../../languages/go/runner/command.ts';
import { chosen, modulePath, packagesOf } from '../../languages/go/runner/packages.ts';
import { canariesFor, coldCommand, isProcessOnly } from '../../languages/javascript/runner/command.ts';
import { pytestCommand } from '../../languages/python/runner/command.ts';
import type { RepositorySnapshot, SandboxCommand } from '../../ports.ts';
import { REWARD_WEIGHTS } from '../../training/rewards.ts';
import type { BundleFile } from '../bundle.ts';
import type { CuratedTask } from '../curated.ts';

/** Folder of the tree in every image: the one that SWE-bench's harness insists on. */
export const workdir = '/testbed';
/** Where Go lies in an image, and the sources of modules. */
export const goRoot = '/usr/local/go';
export const goModules = '/go/pkg/mod';
/** Longest a run of the hidden tests may take. */
const timeout_sec = 300;
const languages = join(import.meta.dirname, '../../languages');

/** What the grader reads: how the judge of the gates runs these tests, and what must come out. */
export interface Verifier {
  argv: string[];
  environment: Record<string, string>;
  cwd: string;
  timeout_sec: number;
  fail_to_pass: readonly string[];
  pass_to_pass: readonly string[];
  weights: Record<'full_repair' | 'partial_repair' | 'preservation', number>;
  /** What a patch cannot change: tests, and files that decide how tests run. */
  protected: readonly string[];
  /** Tests that must fail, run with the others under names drawn anew: how many, and what ends their ids. */
  canaries: { count: number; suffix: string };
  /** Names in a log of tests whose id does not fit on a line. */
  log_names: Record<string, string>;
}

/** Everything that grading one task takes, to lie together in one folder that is at `folder` when it runs. */
export function graderFiles(
  { key, repository }: CuratedTask,
  snapshot: RepositorySnapshot,
  folder: string,
): BundleFile[] {
  const command = commandOf(snapshot, repository.tests);
  const [full_repair, partial_repair, preservation] = REWARD_WEIGHTS;
  const relocated = (text: string) => relocate(text, folder);
  const request = JSON.parse(command.files![0]!.content as string) as object;
  const python = snapshot.language === 'python';
  const verifier: Verifier = {
    argv: command.argv.map(relocated),
    environment: {
      ...Object.fromEntries(Object.entries(command.environment).map(([name, value]) => [name, relocated(value)])),
      ...(python ? {} : { SOCRATIC_ROOT: workdir, SOCRATIC_JOB: `${folder}/request.json` }),
    },
    cwd: workdir,
    timeout_sec,
    fail_to_pass: key.fail_to_pass,
    pass_to_pass: key.pass_to_pass,
    weights: { full_repair, partial_repair, preservation },
    protected: protectedPaths(snapshot),
    canaries: canariesOf(snapshot, repository.tests),
    log_names: oddNames([...key.fail_to_pass, ...key.pass_to_pass]),
  };
  return [
    { path: 'verifier.json', content: `${JSON.stringify(verifier, null, 1)}\n` },
    { path: 'request.json', content: `${JSON.stringify(request)}\n` },
    ...graders[snapshot.language](snapshot),
  ];
}

/** How a shell starts the grader that lies in `folder`. */
export const graderCommand = (language: RepositorySnapshot['language'], folder: string): string =>
  language === 'python' ? `python3 ${folder}/grade.py` : `node ${folder}/grade.cjs`;

/** The very command of a cold run, so that an exported task is judged as the gates judged it. */
function commandOf(snapshot: RepositorySnapshot, tests: readonly string[]): SandboxCommand {
  const wall_ms = timeout_sec * 1000;
  if (snapshot.language === 'go') return goCommandOf(snapshot, tests);
  if (snapshot.language === 'javascript')
    return coldCommand({ node: 'node', node_modules: null }, snapshot, {
      request: { edits: [], tests, wall_ms },
      wall_ms,
    });
  const options = { sandbox: null as never, python: { id: '', python: 'python3', binds: [] } };
  const request = { test_ids: tests, coverage: false, stop_at_first_failure: false, budget_ms: null, canary: null };
  return pytestCommand(options, snapshot, { plugin: 'cold', request, limits: null as never });
}

function goCommandOf(snapshot: RepositorySnapshot, tests: readonly string[]): SandboxCommand {
  const places = { node: 'node', goroot: '', build_cache: '', module_cache: goModules };
  const packages = chosen(packagesOf(snapshot), tests);
  const request = { edits: [], tests, wall_ms: timeout_sec * 1000 };
  return goCommand(places, snapshot, { request, module_path: modulePath(snapshot), packages, canaries: [], texts: {} });
}

const canariesOf = (snapshot: RepositorySnapshot, tests: readonly string[]): Verifier['canaries'] => {
  if (snapshot.language === 'python') return { count: 1, suffix: '' };
  if (snapshot.language === 'go') return { count: chosen(packagesOf(snapshot), tests).length, suffix: '' };
  const ids = canariesFor(snapshot, tests);
  return { count: ids.length, suffix: ids[0]!.split('::')[1]!.replace(/^\w+/, '') };
};

/** Paths of our own sandbox as they are where the grader lies. */
const relocate = (text: string, folder: string): string =>
  text
    .replace(/(?<![\w/])\/repo(?=[/:]|$)/g, workdir)
    .replace(/(?<![\w/])\/(?:tools|runner)(?=[/:]|$)/g, folder)
    .replace(/(?<![\w/])\/opt\/go(?=[/:]|$)/g, goRoot);

function pythonGrader(): BundleFile[] {
  const tools = join(languages, 'python/runner/tools');
  const plugin = [
    '__init__',
    'budget',
    'canary',
    'channel',
    'cold',
    'collecting',
    'failures',
    'line_coverage',
    'reporting',
    'settings',
  ];
  return [
    own('grade.py'),
    { path: 'pytest.ini', content: readFileSync(join(tools, 'pytest.ini')) },
    ...plugin.map((name) => ({
      path: `socratic_pytest/${name}.py`,
      content: readFileSync(join(tools, 'socratic_pytest', `${name}.py`)),
    })),
  ];
}

function goGrader(): BundleFile[] {
  const inside = join(languages, 'go/runner/inside');
  const files = readdirSync(inside).sort();
  return [own('grade.cjs'), ...files.map((name) => ({ path: name, content: readFileSync(join(inside, name)) }))];
}

function javascriptGrader(snapshot: RepositorySnapshot): BundleFile[] {
  const inside = join(languages, 'javascript/runner/inside');
  const cold = readdirSync(inside).filter((name) => isNeeded(name, snapshot));
  return [own('grade.cjs'), ...cold.sort().map((name) => ({ path: name, content: readFileSync(join(inside, name)) }))];
}

const isNeeded = (name: string, snapshot: RepositorySnapshot): boolean =>
  !warmOnly.includes(name) && (isProcessOnly(snapshot) || !/^(jest|vitest)/.test(name));

const warmOnly = [
  'coverage.cjs',
  'guard.cjs',
  'loader.cjs',
  'mapped-coverage.cjs',
  'node-test-tree.cjs',
  'node-test.cjs',
  'run-once.cjs',
  'warm.cjs',
  'watchdog.cjs',
];

const graders = { python: pythonGrader, javascript: javascriptGrader, go: goGrader };

const own = (name: string): BundleFile => ({ path: name, content: readFileSync(join(import.meta.dirname, name)) });

/** Patterns as git apply takes them. */
const protectedPaths = ({ test_paths }: RepositorySnapshot): string[] => [
  ...test_paths.map((path) => path.replace(/[\\*?[\]]/g, '\\$&')),
  ...['conftest.py', '*/conftest.py', 'pytest.ini', 'tox.ini', 'setup.cfg', 'pyproject.toml', 'package.json'],
  ...['sitecustomize.py', '*/sitecustomize.py', 'node_modules/*', '*/node_modules/*', '.mocharc*'],
  ...['*_test.go', 'go.mod', 'go.sum', 'go.work'],
];

/** Log readers take a line, trim it and use what is left: ids that this would change get another name there. */
export function oddNames(ids: readonly string[]): Record<string, string> {
  const odd = ids.filter((id) => id !== logName(id));
  const names = Object.fromEntries(odd.map((id) => [id, logName(id)]));
  const all = new Set(ids.map(logName));
  if (all.size !== new Set(ids).size) throw new Error('two tests have one name in a log');
  return names;
}

export const logName = (id: string): string =>
  id.replace(/[\p{Cc}\p{Zl}\p{Zp}]|^\s|\s$/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
