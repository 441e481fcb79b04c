import { contentId } from '../../pipeline/hash.ts';
import { type Random, seededRandom } from '../../pipeline/random.ts';
import { Repositories, type Repository } from '../../schemas/repositories.ts';
import { type AnswerKey, AnswerKeys, type Task, Tasks } from '../../schemas/tasks.ts';
import { fill } from './fill.ts';

export const operators = [
  'cmp_boundary',
  'cond_neg',
  'arith',
  'off_by_one',
  'name_swap',
  'const_int',
  'guard_del',
  'ret_none',
  'bool_swap',
  'conv_drop',
] as const;
const libraries = [
  'tally',
  'hopper',
  'ledgerline',
  'quillet',
  'marlin',
  'sable',
  'fathom',
  'kestrel',
  'brindle',
  'osier',
];

export const pick = <T>(items: readonly T[], random: Random): T => items[Math.floor(random() * items.length)]!;

export const repositories: Repository[] = libraries.map((name, i) =>
  fill(Repositories, {
    repository_id: contentId('repo', name),
    name,
    version: `1.${i}.0`,
    language: i % 3 === 2 ? 'javascript' : 'python',
    split: i < 6 ? 'train' : i < 8 ? 'validation' : 'held_out',
    source_kind: 'path',
    source_locator: name,
    sha256: contentId('sha', name),
    licence: 'MIT',
    runner: i % 3 === 2 ? 'mocha' : 'pytest',
    source_file_count: 4 + i,
    test_file_count: 2 + i,
    test_count: 40 + 7 * i,
    status: 'ready',
    agreement: 1,
  }),
);

export interface Planted {
  task: Task;
  key: AnswerKey;
  /** How hard it is for the first checkpoint, 0 to 1. */
  difficulty: number;
}

const difficulties: Record<string, number> = Object.fromEntries(
  operators.map((operator, i) => [operator, 0.45 + 0.05 * i]),
);

/** One made-up task with its answer key. */
export function plantTask(seed: string, split: Task['split'], skill_id: string | null): Planted {
  const random = seededRandom(seed);
  const repository = pick(
    repositories.filter((r) => r.split === split),
    random,
  );
  const operator = pick(operators, random);
  const task_id = contentId('task', seed);
  const symbol = pick(['total', 'parse', 'flush', 'merge', 'next_token', 'clip'], random);
  const path = `${repository.name}/${pick(['core', 'parse', 'cache', 'wording'], random)}.py`;
  const line = 10 + Math.floor(random() * 180);
  const failing = Array.from(
    { length: 1 + Math.floor(random() * 4) },
    (_, i) => `tests/test_core.py::test_${symbol}_${i}`,
  );
  return {
    difficulty: Math.min(0.98, difficulties[operator]! + 0.25 * (random() - 0.5)),
    task: fill(Tasks, {
      task_id,
      repository_id: repository.repository_id,
      language: repository.language,
      split,
      skill_id,
      problem_statement: `${failing.length} tests fail in ${repository.name} ${repository.version}:\n\n${failing.map((t) => `- \`${t}\`: AssertionError: assert 3 == 4`).join('\n')}\n\nFind the cause in its sources and repair it.`,
      test_command: `python -m pytest ${failing.map((t) => `'${t}'`).join(' ')}`,
      failing_tests: failing,
      broken_tree_digest: contentId('tree', seed),
    }),
    key: fill(AnswerKeys, {
      task_id,
      bug_patch: patch(path, line, 'if size >= limit:', 'if size > limit:'),
      fix_patch: patch(path, line, 'if size > limit:', 'if size >= limit:'),
      fail_to_pass: failing,
      pass_to_pass: Array.from({ length: 12 }, (_, i) => `tests/test_more.py::test_${i}`),
      verifier_digest: contentId('verifier', seed),
      operator,
      operator_detail: operator,
      context: 'if_condition',
      path,
      line,
      symbol,
      bug_text: 'size > limit',
      canary: contentId('canary', seed),
    }),
  };
}

const patch = (path: string, line: number, before: string, after: string): string =>
  [
    `--- a/${path}`,
    `+++ b/${path}`,
    `@@ -${line - 1},3 +${line - 1},3 @@`,
    ' def clip(size, limit):',
    `-    ${before}`,
    `+    ${after}`,
    '         return limit',
    '',
  ].join('\n');
