import type { AnswerKey, Task } from '../../schemas/tasks.ts';
import { contentId, sha256 } from '../hash.ts';
import { editBetween, unifiedDiff } from '../mutation/patch.ts';
import type { CandidateEdit } from '../mutation/types.ts';
import type { Edit, Harness, SuiteRun, TestResult } from '../ports.ts';
import { type Ground, lightestFirst, type Site, suiteWallMs } from './ground.ts';
import { namedTests, problemStatement, testCommand } from './statement.ts';

export interface Proposal {
  task: Task;
  key: AnswerKey;
}

export interface ProposalOptions {
  split: Task['split'];
  skill_id: string | null;
  harness: Harness;
}

/** The id of the task that a bug makes: the same bug in the same repository is the same task. */
export const taskIdOf = (repository_id: string, { path, start, end, replacement }: Edit): string =>
  contentId('task', { repository_id, path, start, end, replacement });

export const plainEdit = ({ path, start, end, replacement }: CandidateEdit): Edit => ({
  path,
  start,
  end,
  replacement,
});

/**
 * Makes a task and its answer key out of a bug. The whole suite runs once on the broken tree: what fails becomes
 * fail_to_pass, the rest pass_to_pass. A bug that nothing notices still becomes a candidate, with no failing test:
 * the format gate refuses it, so the reason is a row.
 */
export async function propose(ground: Ground, site: Site, options: ProposalOptions): Promise<Proposal> {
  const { repository, sources } = ground;
  const bug = plainEdit(site.edit);
  const task_id = taskIdOf(repository.repository_id, bug);
  const before = sources.get(bug.path)!;
  const after = before.slice(0, bug.start) + bug.replacement + before.slice(bug.end);
  const run = await options.harness.suite(repository.repository_id, {
    edits: [{ path: bug.path, ...editBetween(before, after) }],
    tests: repository.tests,
    wall_ms: suiteWallMs(repository),
    repeat: 0,
  });
  const results = new Map(run.tests.map((test) => [test.test_id, test]));
  const notPassed = repository.tests.filter((id) => results.get(id)?.status !== 'passed');
  const failing = notPassed.sort(partsFirst(notPassed, lightestFirst(ground.coverage)));
  const fail_to_pass = run.outcome === 'complete' ? failing : [];
  const named = fail_to_pass.slice(0, namedTests);
  return {
    task: {
      task_id,
      repository_id: repository.repository_id,
      language: repository.language,
      split: options.split,
      skill_id: options.skill_id,
      problem_statement:
        fail_to_pass.length > 0
          ? problemStatement(
              repository,
              fail_to_pass.map((id) => resultOf(results, id)),
            )
          : describe(run),
      test_command: testCommand(repository.runner, named),
      failing_tests: named,
      broken_tree_digest: sha256(`${repository.sha256}\n${bug.path}\n${after}`),
    },
    key: answerKey({ ground, site, task_id, before, after, fail_to_pass }),
  };
}

function answerKey({
  ground,
  site,
  task_id,
  before,
  after,
  fail_to_pass,
}: {
  ground: Ground;
  site: Site;
  task_id: string;
  before: string;
  after: string;
  fail_to_pass: string[];
}): AnswerKey {
  const { edit } = site;
  const failing = new Set(fail_to_pass);
  const pass_to_pass = ground.repository.tests.filter((id) => !failing.has(id));
  return {
    task_id,
    bug_patch: unifiedDiff(edit.path, before, after),
    fix_patch: unifiedDiff(edit.path, after, before),
    fail_to_pass,
    pass_to_pass,
    verifier_digest: sha256([...fail_to_pass, '--', ...pass_to_pass].join('\n')),
    operator: edit.operator,
    operator_detail: edit.detail,
    context: edit.context,
    path: edit.path,
    line: edit.line,
    symbol: edit.function_name,
    bug_start: edit.start,
    bug_end: edit.end,
    bug_text: edit.replacement,
    canary: `canary-${sha256(`canary ${task_id}`).slice(0, 20)}`,
  };
}

/** A test with parts (`merged` of `merged > sorts`) fails because a part does and says nothing itself: it comes last. */
function partsFirst(ids: readonly string[], otherwise: (a: string, b: string) => number): typeof otherwise {
  const whole = new Set(ids.filter((id) => ids.some((other) => other.startsWith(`${id} > `))));
  return (a, b) => Number(whole.has(a)) - Number(whole.has(b)) || otherwise(a, b);
}

const resultOf = (results: ReadonlyMap<string, TestResult>, id: string): TestResult =>
  results.get(id) ?? {
    test_id: id,
    status: 'error',
    message: 'did not report',
    exception: null,
    frames: [],
    duration_ms: 0,
  };

const describe = (run: SuiteRun): string =>
  run.outcome === 'complete' ? 'No test notices the change.' : `The suite did not complete: ${run.outcome}.`;
