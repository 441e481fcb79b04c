import * as z from 'zod';
import { fewTestsWallMs } from '../pipeline/arena/workspace.ts';
import { writeCheckout } from '../pipeline/exporters/checkout.ts';
import { missingRow } from '../pipeline/exporters/curated.ts';
import { type HandedIn, readHandedIn } from '../pipeline/exporters/handed-in.ts';
import { brokenTree } from '../pipeline/exporters/image.ts';
import type { Candidate, Grounds } from '../pipeline/gates/gate.ts';
import { type Judgement, judgeSubmission } from '../pipeline/gates/submission.ts';
import { brokenFiles, editsTo } from '../pipeline/gates/trees.ts';
import { groundsOf } from '../pipeline/stages/validate.ts';
import { createViews } from '../pipeline/warehouse/views.ts';
import { Repositories } from '../schemas/repositories.ts';
import { AnswerKeys, Tasks } from '../schemas/tasks.ts';
import { asJson, common, defineCommand, type Effects } from './command.ts';
import { loadSettings } from './config.ts';
import { drawTable } from './draw-table.ts';
import { type Engine, openEngine } from './engine.ts';
import { snapshotIn } from './export-world.ts';
import type { Settings } from './settings.ts';
import { findOne } from './show.ts';

export default defineCommand({
  summary: 'a task to work on, by hand or by any agent: open it in a folder, judge what was done there',
  positionals: ['action', 'task', 'folder'],
  options: z.object({
    action: z
      .enum(['open', 'test', 'judge'])
      .describe('open writes the broken tree; test runs its failing tests as it is now; judge runs the verifier'),
    task: z.string().describe('task id, or the beginning of one'),
    folder: z.string().min(1).describe('folder of the workspace'),
    ...asJson,
    ...common,
  }),
  async run({ action, task, folder, json, config, set }, effects) {
    const settings = loadSettings({ files: config, environment: effects.environment, flags: set });
    const engine = await openEngine(settings, effects);
    try {
      const candidate = await candidateOf(engine, task);
      const work = { folder, candidate, json, engine, settings, effects };
      return await actions[action](work);
    } finally {
      await engine.close();
    }
  },
});

interface Work {
  folder: string;
  candidate: Candidate;
  json: boolean;
  engine: Engine;
  settings: Settings;
  effects: Effects;
}

async function openIn({ folder, candidate: { task, key }, json, engine, effects }: Work): Promise<number> {
  const commit = await writeCheckout(brokenTree(snapshotIn(engine.library, task.repository_id), key.bug_patch), folder);
  const { task_id, problem_statement, test_command } = task;
  if (json) effects.print(JSON.stringify({ task_id, commit, folder, problem_statement, test_command }));
  else {
    effects.print(`${problem_statement}\n\nrun   ${test_command}\ntree  ${folder}, commit ${commit.slice(0, 12)}`);
    effects.print(`then  socratic workspace judge ${task_id} ${folder}`);
  }
  return 0;
}

/** What a solver may see: the tests of the statement, over the changes made so far. */
async function testIn(work: Work): Promise<number> {
  const { candidate, json, effects } = work;
  const { files } = await handedIn(work);
  const { sources, harness } = await groundsFor(work);
  const tree = new Map([...brokenFiles(candidate, { sources }), ...files]);
  const { failing_tests: tests, repository_id } = candidate.task;
  const run = await harness.cold(repository_id, { edits: editsTo(tree, sources), tests, wall_ms: fewTestsWallMs });
  const rows = run.tests.map(({ test_id, status, message }) => ({ test: test_id, status, message: message ?? '' }));
  if (json) effects.print(JSON.stringify({ outcome: run.outcome, detail: run.detail, tests: rows }));
  else effects.print(rows.length > 0 ? drawTable(rows) : `${run.outcome}: ${run.detail ?? ''}`);
  return rows.length === tests.length && rows.every(({ status }) => status === 'passed') ? 0 : 1;
}

async function judgeIn(work: Work): Promise<number> {
  const { files, left_out } = await handedIn(work);
  const judgement = await judgeSubmission(work.candidate, await groundsFor(work), files);
  for (const { why } of left_out) work.effects.log(`not judged: ${why}`);
  work.effects.print(work.json ? JSON.stringify({ ...judgement, left_out }) : sentence(judgement));
  return judgement.is_resolved ? 0 : 1;
}

const actions = { open: openIn, test: testIn, judge: judgeIn } as const;

function handedIn({ folder, candidate: { task, key }, engine }: Work): Promise<HandedIn> {
  const snapshot = snapshotIn(engine.library, task.repository_id);
  return readHandedIn(folder, { tree: brokenTree(snapshot, key.bug_patch), source_paths: snapshot.source_paths });
}

async function candidateOf({ warehouse }: Engine, id: string): Promise<Candidate> {
  await createViews(warehouse);
  const found = await findOne(warehouse.database, { what: 'task', table: 'tasks', key: 'task_id' }, id);
  const [round, task_id] = [Number(found.round), String(found.task_id)];
  const task = (await warehouse.read(Tasks, round)).find((row) => row.task_id === task_id)!;
  const key = (await warehouse.read(AnswerKeys, round)).find((row) => row.task_id === task_id);
  return { task, key: key ?? missingRow(round, 'answer_keys', task_id) };
}

async function groundsFor({ engine, settings, candidate }: Work): Promise<Grounds> {
  const { warehouse, library, syntax, harness } = engine;
  const repositories = await warehouse.read(Repositories, 0);
  const grounds = groundsOf(repositories, { ...settings.validate, seed: settings.seed }, { library, syntax, harness });
  return grounds(candidate.task.repository_id);
}

const sentence = ({ is_resolved, reason_code, detail, fail_to_pass, pass_to_pass }: Judgement): string => {
  const verdict = `${is_resolved ? 'resolved' : `not resolved: ${reason_code}`}${detail && ` (${detail})`}`;
  if (!fail_to_pass || !pass_to_pass) return verdict;
  const repaired = `repaired ${fail_to_pass.passed} of ${fail_to_pass.of} failing tests`;
  return `${verdict}\n${repaired}, kept ${pass_to_pass.passed} of ${pass_to_pass.of} passing ones`;
};
