import { canonicalJson, sha256 } from '../hash.ts';
import type { RepositorySnapshot } from '../ports.ts';
import { commitId } from './commit.ts';
import type { CuratedTask } from './curated.ts';
import { evalScript } from './eval-script.ts';
import { logName, workdir } from './grader/plan.ts';
import { brokenTree, pristineTree } from './image.ts';
import type { Type } from './rows.ts';

/** Column types of the superset row: what every reader of SWE-bench-like rows looks for. */
export const rowColumns = {
  repo: 'string',
  instance_id: 'string',
  base_commit: 'string',
  patch: 'string',
  test_patch: 'string',
  problem_statement: 'string',
  hints_text: 'string',
  created_at: 'string',
  version: 'string',
  FAIL_TO_PASS: 'string',
  PASS_TO_PASS: 'string',
  environment_setup_commit: 'string',
  image: 'string',
  image_name: 'string',
  docker_image: 'string',
  eval_script: 'string',
  log_parser: 'string',
  eval_type: 'string',
  test_cmd: 'string',
  language: 'string',
  workdir: 'string',
  difficulty: 'string',
  split: 'string',
  round: 'int64',
  task_id: 'string',
  task_digest: 'string',
} as const satisfies Record<string, Type>;

export type SwebenchRow = { [K in keyof typeof rowColumns]: K extends 'round' ? number : string };

/** The moment of the one commit; the tasks have no other date. */
const created_at = '2000-01-01T00:00:00Z';

/** Split of a round, as the Hub allows names. */
export const splitOf = (round: number): string => `round_${round}`;

/** One task as a row. Nothing in it tells of skills, gates or gradients: rows get dumped into prompts whole. */
export function swebenchRow(curated: CuratedTask, snapshot: RepositorySnapshot, round: number): SwebenchRow {
  const { task, key, repository } = curated;
  const instance_id = instanceIdOf(curated);
  const base_commit = commitId(brokenTree(snapshot, key.bug_patch));
  const image = imageName(instance_id);
  const graded = {
    patch: key.fix_patch,
    problem_statement: task.problem_statement,
    FAIL_TO_PASS: JSON.stringify(key.fail_to_pass.map(logName)),
    PASS_TO_PASS: JSON.stringify(key.pass_to_pass.map(logName)),
  };
  return {
    repo: repoOf(curated),
    instance_id,
    base_commit,
    ...graded,
    test_patch: '',
    hints_text: '',
    created_at,
    version: repository.version,
    environment_setup_commit: base_commit,
    ...{ image, image_name: image, docker_image: image },
    eval_script: evalScript(curated, snapshot, base_commit),
    log_parser: 'parse_log_tap',
    eval_type: 'pass_and_fail',
    test_cmd: task.test_command,
    language: task.language,
    workdir,
    difficulty: difficultyOf(curated),
    split: splitOf(round),
    round,
    task_id: task.task_id,
    task_digest: sha256(canonicalJson({ base_commit, ...graded })),
  };
}

/** `pypi/click` and `npm/fastify-deepmerge`: where it came from stands for the owner. */
const repoOf = ({ repository }: CuratedTask): string => `${repository.source_kind}/${slug(repository.name)}`;

const instanceIdOf = (curated: CuratedTask): string =>
  `${repoOf(curated).replace('/', '__')}-${curated.task.task_id.replace(/^task_/, '')}`;

const slug = (name: string): string =>
  name
    .replace(/[^A-Za-z0-9.]+/g, '-')
    .replace(/^-|-$/g, '')
    .toLowerCase();

/** The name that SWE-bench derives from an id. */
export const imageName = (instance_id: string): string =>
  `swebench/sweb.eval.x86_64.${instance_id}:latest`.toLowerCase().replaceAll('__', '_1776_');

function difficultyOf({ score }: CuratedTask): string {
  const rate = score?.pass_rate ?? null;
  if (rate === null) return 'unknown';
  return rate === 0 ? 'never solved' : rate < 0.5 ? 'rarely solved' : 'often solved';
}

/** SWE-smith's columns: `patch` makes the bug, the fix is its reverse, and the commit is that of the tree without it. */
export const smithColumns = {
  instance_id: 'string',
  repo: 'string',
  patch: 'string',
  FAIL_TO_PASS: { list: 'string' },
  PASS_TO_PASS: { list: 'string' },
  created_at: 'string',
  image_name: 'string',
  base_commit: 'string',
  problem_statement: 'string',
} as const satisfies Record<string, Type>;

export function smithRow(
  curated: CuratedTask,
  snapshot: RepositorySnapshot,
): Record<keyof typeof smithColumns, unknown> {
  const { task, key } = curated;
  const base_commit = commitId(pristineTree(snapshot));
  const mirror = `${repoOf(curated).replace('/', '__')}.${base_commit.slice(0, 8)}`;
  return {
    instance_id: `${mirror}.${task.task_id.replace(/^task_/, 'bug__')}`,
    repo: `swesmith/${mirror}`,
    patch: key.bug_patch,
    FAIL_TO_PASS: key.fail_to_pass.map(logName),
    PASS_TO_PASS: key.pass_to_pass.map(logName),
    created_at,
    image_name: `swesmith.x86_64.${mirror.replace('__', '_1776_')}`.toLowerCase(),
    base_commit,
    problem_statement: task.problem_statement,
  };
}
