import type { Repository } from '../../schemas/repositories.ts';
import type { AnswerKey, Task } from '../../schemas/tasks.ts';
import { applyEdit } from '../mutation/edits.ts';
import { enumerateRepairs } from '../mutation/index.ts';
import type { SourceFunction, Syntax } from '../mutation/types.ts';
import type { Edit, Harness, Library, SuiteRun } from '../ports.ts';
import { seededRandom } from '../random.ts';
import { candidateEdits } from '../solver/candidates.ts';
import { LanguageModel } from '../solver/language-model.ts';
import { localise, type RankedFunction } from '../solver/localise.ts';
import { OutcomeTable } from '../solver/outcomes.ts';
import { type PreparedTask, prepareTask } from '../solver/prepare.ts';
import type { EditOutcome, SourceText } from '../solver/types.ts';
import { type Ground, isWarm, prepareGround } from '../tasks/ground.ts';
import { baseEdits, judgeEdits, type Secret, verificationRun } from './referee.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

/** A task made ready for the embedded Solver. */
export interface Challenge {
  task: Task;
  workspace: Workspace;
  prepared: PreparedTask;
  /** Filled as edits are tried; shared by every policy and stage of this process. */
  outcomes: OutcomeTable;
  /** Tries edits by action number. */
  execute(actions: readonly number[]): Promise<EditOutcome[]>;
  /** The run that judged a plausible edit. */
  verification(action: number): Promise<SuiteRun>;
  /** Tests that must pass after a repair: engine knowledge, for the rows of test_outcomes. */
  expected: { fail_to_pass: readonly string[]; pass_to_pass: readonly string[] };
  /** Actions that give the pristine text back: engine knowledge, for failure modes and reports only. */
  reversals: readonly number[];
}

export interface ArenaOptions {
  harness: Harness;
  library: Library;
  syntax: Syntax;
  repositories: readonly Repository[];
  /** Feature buckets of the policy. */
  buckets: number;
}

/** Opens tasks for the embedded Solver and keeps them open: a task costs some 30 ms to prepare and many stages use it. */
export class Arena {
  private readonly options: ArenaOptions;
  private readonly grounds = new Map<string, Promise<Ground>>();
  private readonly models = new Map<string, LanguageModel>();
  private readonly warm = new Map<string, Promise<boolean>>();
  private readonly challenges = new Map<string, Promise<Challenge | null>>();

  constructor(options: ArenaOptions) {
    this.options = options;
  }

  ground(repository_id: string): Promise<Ground> {
    let ground = this.grounds.get(repository_id);
    if (!ground) {
      const repository = this.options.repositories.find((r) => r.repository_id === repository_id);
      if (!repository) throw new Error(`repository ${repository_id} is not in table repositories`);
      ground = prepareGround(repository, this.options);
      this.grounds.set(repository_id, ground);
    }
    return ground;
  }

  /** Null when the task cannot be attempted: its failing test does not fail here. */
  open(task: Task, key: AnswerKey): Promise<Challenge | null> {
    let challenge = this.challenges.get(task.task_id);
    if (!challenge) {
      challenge = this.prepare(task, key);
      this.challenges.set(task.task_id, challenge);
    }
    return challenge;
  }

  private async prepare(task: Task, key: AnswerKey): Promise<Challenge | null> {
    const { harness } = this.options;
    const ground = await this.ground(task.repository_id);
    const base = baseEdits(key, ground.sources);
    const secret: Secret = { key, base, pristine: ground.sources, coverage: ground.coverage };
    const workspace = await openWorkspace({
      task,
      base,
      pristine: ground.sources,
      suite: ground.repository.tests,
      harness,
    });
    if (!workspace) return null;
    const prepared = await prepareForSolver(
      workspace,
      this.modelOf(ground, base),
      this.options.syntax,
      ground.repository.language,
      this.options.buckets,
      (path, name) => this.isWarm(ground, path, name),
    );
    const outcomes = new OutcomeTable(prepared.space.size);
    const execute = (actions: readonly number[]) =>
      judgeEdits(
        workspace,
        actions.map((a) => editOf(prepared, a)),
        secret,
        harness,
      );
    return {
      task,
      workspace,
      prepared,
      outcomes,
      execute,
      verification: (action) => verificationRun(workspace, editOf(prepared, action), secret, harness),
      expected: { fail_to_pass: key.fail_to_pass, pass_to_pass: key.pass_to_pass },
      reversals: reversalsOf(prepared, workspace, secret),
    };
  }

  /** Functions that only a fresh process can run are not offered: each edit of them would cost a cold run. */
  private isWarm(ground: Ground, path: string, name: string): Promise<boolean> {
    const fn = ground.modules.get(path)?.functions.find((f) => f.name === name);
    const place = `${ground.repository.repository_id} ${path} ${name}`;
    const known = this.warm.get(place) ?? (fn ? isWarm(ground, path, fn, this.options.harness) : Promise.resolve(true));
    this.warm.set(place, known);
    return known;
  }

  private modelOf(ground: Ground, base: readonly Edit[]): LanguageModel {
    const id = ground.repository.repository_id;
    const pristine = this.models.get(id) ?? LanguageModel.of([...ground.sources.values()]);
    this.models.set(id, pristine);
    return base.reduce((model, edit) => {
      const before = ground.sources.get(edit.path)!;
      return model.withFile(before, applyEdit(before, edit));
    }, pristine);
  }
}

/** Functions ranked, and how many of them the Solver may open. */
const suspectsRanked = 9;
const suspectsOffered = 5;

/** What the Solver makes of a workspace: ranked functions, their edits, and the features of each action. */
async function prepareForSolver(
  workspace: Workspace,
  model: LanguageModel,
  syntax: Syntax,
  language: Repository['language'],
  buckets: number,
  isTryable: (path: string, name: string) => Promise<boolean>,
): Promise<PreparedTask> {
  const { failing, passing, sources, task_id } = workspace;
  const touched = new Set(failing.flatMap((test) => Object.keys(test.coverage ?? {})));
  const modules = new Map([...touched].sort().map((path) => [path, syntax.parse(language, path, sources.get(path)!)]));
  const texts: SourceText<SourceFunction>[] = [...modules.values()].map(({ path, text, functions }) => ({
    path,
    text,
    functions,
  }));
  const coverage = { failing: failing.map((t) => t.coverage ?? {}), passing: passing.map((t) => t.coverage ?? {}) };
  const functions: RankedFunction<SourceFunction>[] = [];
  for (const suspect of localise(texts, coverage, failing[0]!.frames, { limit: suspectsRanked })) {
    if (functions.length === suspectsOffered) break;
    if (await isTryable(suspect.path, suspect.function.name)) functions.push(suspect);
  }
  const random = seededRandom(`candidates/${task_id}`);
  const edits = functions.map((ranked: RankedFunction<SourceFunction>) =>
    candidateEdits(
      ranked,
      enumerateRepairs(modules.get(ranked.path)!, ranked.function, { lines: new Set(ranked.lines.keys()) }),
      random,
    ),
  );
  const failure = {
    failing_tests: failing.map((test) => test.test_id),
    message: failing[0]!.message,
    exception: failing[0]!.exception,
    frames: failing[0]!.frames,
  };
  return prepareTask({ task_id, failure, functions, edits, model, buckets });
}

export function editOf(prepared: PreparedTask, action: number): Edit {
  const found = prepared.actions[action];
  if (found?.kind !== 'edit') throw new RangeError(`action ${action} is no edit`);
  const { path, start, end, replacement } = found.edit;
  return { path, start, end, replacement };
}

function reversalsOf(prepared: PreparedTask, workspace: Workspace, { base, pristine }: Secret): number[] {
  const paths = new Set(base.map((edit) => edit.path));
  return prepared.actions.flatMap((action, index) => {
    if (action.kind !== 'edit' || !paths.has(action.edit.path) || paths.size > 1) return [];
    const repaired = applyEdit(workspace.sources.get(action.edit.path)!, action.edit);
    return fold(repaired) === fold(pristine.get(action.edit.path)!) ? [index] : [];
  });
}

const fold = (text: string): string => text.replace(/\s+/g, '');
