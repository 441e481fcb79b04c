import { stringify } from 'smol-toml';
import { sha256 } from '../hash.ts';
import type { RepositorySnapshot } from '../ports.ts';
import type { Database } from '../warehouse/database.ts';
import { type Bundle, type BundleFile, digestOf } from './bundle.ts';
import type { CuratedTask } from './curated.ts';
import { graderCommand, graderFiles, workdir } from './grader/plan.ts';
import { imageOf, type Toolchain } from './image.ts';
import { addParquet } from './rows.ts';
import { tarball } from './tar.ts';

/** Folder of the tests where Harbor puts them in the verifier's container. */
const grader = '/tests/grader';
const patch = '/logs/artifacts/model.patch';

export interface HarborOptions {
  round: number;
  /** `org/name` of the dataset. */
  name: string;
  toolchain: Toolchain;
  snapshotOf(repository_id: string): RepositorySnapshot;
}

/** One task as a folder of Harbor's schema 1.4; paths relative to the folder. */
export function harborTask(curated: CuratedTask, options: HarborOptions): BundleFile[] {
  const { task, key } = curated;
  const snapshot = options.snapshotOf(task.repository_id);
  const image = imageOf(curated, snapshot, { toolchain: options.toolchain, has_agent_user: true });
  return [
    { path: 'task.toml', content: taskToml(curated, image.base_commit, options) },
    { path: 'instruction.md', content: instruction(curated) },
    ...image.files.map((file) => ({ ...file, path: `environment/${file.path}` })),
    { path: 'tests/test.sh', content: testScript(snapshot), is_executable: true },
    ...graderFiles(curated, snapshot, grader).map((file) => ({ ...file, path: `tests/grader/${file.path}` })),
    { path: 'solution/fix.patch', content: key.fix_patch },
    { path: 'solution/solve.sh', content: solveScript, is_executable: true },
  ];
}

/** Writes task folders, `dataset.toml`, and the same tasks as SkyRL and others carry them: a name and a gzipped tar. */
export async function exportHarbor(
  bundle: Bundle,
  database: Database,
  tasks: readonly CuratedTask[],
  options: HarborOptions,
): Promise<void> {
  const references: Reference[] = [];
  const rows: { path: string; task_binary: Buffer }[] = [];
  for (const curated of tasks) {
    const files = harborTask(curated, options);
    const path = `tasks/${curated.task.task_id}`;
    for (const file of files) await bundle.add({ ...file, path: `${path}/${file.path}` });
    references.push({ name: nameOf(curated), digest: `sha256:${taskDigest(files)}`, path });
    rows.push({ path: curated.task.task_id, task_binary: tarball(files) });
  }
  await bundle.add({ path: 'dataset.toml', content: datasetToml(references, options) });
  await addParquet(
    bundle,
    database,
    'tasks.parquet',
    { columns: { path: 'string', task_binary: 'binary' }, rows },
    100,
  );
}

interface Reference {
  name: string;
  digest: string;
  /** rLLM looks a task up by it. */
  path: string;
}

/** As Harbor's packager counts: it leaves out what looks like an editor's or a compiler's leavings. */
const taskDigest = (files: readonly BundleFile[]): string =>
  digestOf(
    files
      .filter(({ path }) => !/(^|\/)__pycache__\/|\.(pyc|swp|swo)$|~$|(^|\/)\.DS_Store$/.test(path))
      .map(({ path, content }) => ({ path, sha256: sha256(content) })),
  );

export const nameOf = ({ task }: CuratedTask): string => `socratic/${task.task_id}`;

const author = { name: 'socratic-swe' };

function taskToml({ task, repository }: CuratedTask, base_commit: string, { round }: HarborOptions): string {
  return stringify({
    schema_version: '1.4',
    source: 'socratic-swe',
    task: {
      name: `socratic/${task.task_id}`,
      version: `round-${round}`,
      description: `Repair ${repository.name} ${repository.version} so that its failing tests pass.`,
      authors: [author],
      keywords: ['program-repair', task.language, repository.name],
    },
    metadata: {
      task_id: task.task_id,
      round,
      language: task.language,
      repository: repository.name,
      repository_version: repository.version,
      licence: repository.licence,
      base_commit,
    },
    verifier: {
      timeout_sec: 600,
      environment_mode: 'separate',
      network_mode: 'no-network',
      collect: [{ command: collectCommand(base_commit), timeout_sec: 60 }],
    },
    agent: { timeout_sec: 1800, user: 'agent' },
    environment: {
      build_timeout_sec: 900,
      cpus: 1,
      memory_mb: 2048,
      storage_mb: 4096,
      network_mode: 'no-network',
      workdir,
    },
  });
}

/** Everything that differs from the one commit, whether the agent committed it or not. */
const collectCommand = (base_commit: string): string =>
  `mkdir -p /logs/artifacts && cd ${workdir} && git add -A && git diff --cached --binary ${base_commit} > ${patch}`;

const instruction = ({ task }: CuratedTask): string =>
  [
    task.problem_statement,
    '',
    `The library is in ${workdir}. To run the failing tests there:`,
    '',
    '```sh',
    task.test_command,
    '```',
    '',
  ].join('\n');

const testScript = ({ language }: RepositorySnapshot): string =>
  [
    '#!/bin/sh',
    '# Puts what was handed in on a fresh copy of the broken tree, runs the hidden tests and writes the reward.',
    `exec ${graderCommand(language, grader)} --patch ${patch} --logs /logs/verifier`,
    '',
  ].join('\n');

const solveScript = `#!/bin/sh
cd ${workdir} && git apply /solution/fix.patch
`;

function datasetToml(tasks: readonly Reference[], { name, round }: HarborOptions): string {
  return stringify({
    schema_version: '1.0',
    dataset: {
      name,
      version: `round-${round}`,
      description: `${tasks.length} repair tasks of round ${round}, by socratic-swe.`,
      authors: [author],
      keywords: ['program-repair', 'socratic-swe'],
    },
    tasks: [...tasks],
  });
}
