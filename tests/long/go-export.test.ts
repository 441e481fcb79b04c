import { beforeAll, describe, expect, it } from 'vitest';
import type { CuratedTask } from '../../pipeline/exporters/curated.ts';
import { type HarborOptions, harborTask } from '../../pipeline/exporters/harbor.ts';
import { goInterpreter, nodeInterpreter, type ProofOptions, rewardOf, Stage } from '../../pipeline/exporters/proof.ts';
import { taskFiles } from '../../pipeline/exporters/swebench.ts';
import { swebenchRow } from '../../pipeline/exporters/swebench-row.ts';
import { proveHarbor, proveSwebench } from '../../pipeline/exporters/verify.ts';
import { applyEdit, unifiedDiff } from '../../pipeline/mutation/patch.ts';
import { openSandbox } from '../../pipeline/sandbox/index.ts';
import { Repositories } from '../../schemas/repositories.ts';
import { AnswerKeys, Tasks } from '../../schemas/tasks.ts';
import { rowOf } from '../curated.ts';
import { edit, goRunnerIn, missingGo, prepareGo, roman, tinyGo } from '../pipeline/languages/go/tiny.ts';

const missing = await missingGo();
describe.skipIf(missing !== null)('an exported Go task', { timeout: 300_000 }, () => {
  let curated: CuratedTask;
  let options: HarborOptions;
  let proof: ProofOptions;

  beforeAll(async () => {
    const sandbox = await openSandbox();
    const { repository_id, name, version, language } = tinyGo;
    const bug = edit('sum += numeral.Value', 'sum -= numeral.Value');
    const runner = await goRunnerIn(sandbox);
    const idsBy = async (edits: (typeof bug)[], wanted: string) => {
      const { tests } = await runner.cold(tinyGo, { edits, wall_ms: 60_000 });
      return tests.filter(({ status }) => status === wanted).map(({ test_id }) => test_id);
    };
    const broken = applyEdit(roman, bug);
    const key = {
      bug_patch: unifiedDiff('roman.go', roman, broken),
      fix_patch: unifiedDiff('roman.go', broken, roman),
      fail_to_pass: await idsBy([bug], 'failed'),
      pass_to_pass: await idsBy([bug], 'passed'),
    };
    const task_id = 'task_roman';
    const task = { task_id, repository_id, language, split: 'train', problem_statement: 'It fails.' } as const;
    const tests = await idsBy([], 'passed');
    const repository = { repository_id, name, version, licence: 'MIT', source_kind: 'path', tests } as const;
    curated = {
      task: rowOf(Tasks, { ...task, test_command: 'go test ./', failing_tests: key.fail_to_pass }),
      key: rowOf(AnswerKeys, { task_id, ...key, path: 'roman.go', symbol: 'Read' }),
      repository: rowOf(Repositories, { ...repository, runner: 'go-test' }),
      ...{ selection: null, score: null, skill: null },
    };
    const { id, ...environment } = await prepareGo();
    const toolchain = { python_version: '3.11.7', node_version: '24.21.0', go_version: id.slice(2).split('-')[0]! };
    options = {
      ...{ round: 1, name: 'socratic/tiny', snapshotOf: () => tinyGo },
      toolchain: { ...toolchain, requirements: () => [], installed: () => ({}) },
    };
    const interpreter = goInterpreter(nodeInterpreter(process.execPath), environment);
    proof = { sandbox, interpreterOf: () => interpreter };
  }, 300_000);

  it('earns 0 for nothing, 1 for the fix and 0 for an empty patch: harbor and swebench', async () => {
    expect(curated.key.fail_to_pass.length).toBeGreaterThan(0);
    const sound = { task_id: 'task_roman', broken: 0, fixed: 1, untouched: 0 };
    expect(await proveHarbor(curated, harborTask(curated, options), proof)).toEqual(sound);
    const row = swebenchRow(curated, tinyGo, 1);
    expect(await proveSwebench(curated, row, taskFiles(curated, row, options), proof)).toEqual(sound);
  });

  it('is not won by a test file of the patch that makes failures vanish', async () => {
    const text = 'package roman\n\nimport (\n\t"os"\n\t"testing"\n)\n\nfunc TestMain(m *testing.M) { os.Exit(0) }\n';
    const added = text
      .split('\n')
      .slice(0, -1)
      .map((line) => `+${line}`);
    const head = [
      'diff --git a/main_test.go b/main_test.go',
      'new file mode 100644',
      '--- /dev/null',
      '+++ b/main_test.go',
    ];
    const model_patch = [...head, `@@ -0,0 +1,${added.length} @@`, ...added, ''].join('\n');
    const stage = await Stage.of(harborTask(curated, options));
    const reward = await rewardOf(stage, tinyGo.repository_id, { model_patch }, proof);
    expect(reward).toMatchObject({ reward: 0, eval_trustworthy: 1 });
    await stage.close();
  });

  it('is built from the toolchain that judged it, with the grader’s interpreter', () => {
    const files = harborTask(curated, options);
    const dockerfile = String(files.find(({ path }) => path === 'environment/Dockerfile')!.content);
    expect(dockerfile).toMatch(/^FROM golang:1\.\d+(\.\d+)?-bookworm\nCOPY --from=node:24\.21\.0-bookworm-slim /);
    expect(files.map(({ path }) => path)).toContain('tests/grader/harness.go.txt');
  });
});
