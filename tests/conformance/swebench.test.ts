import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeBundle } from '../../pipeline/exporters/bundle.ts';
import { type CuratedTask, curate } from '../../pipeline/exporters/curated.ts';
import { evalLog, Stage } from '../../pipeline/exporters/proof.ts';
import { exportSwebench, taskFiles } from '../../pipeline/exporters/swebench.ts';
import { type SwebenchRow, swebenchRow } from '../../pipeline/exporters/swebench-row.ts';
import { applyPatch, unifiedDiff } from '../../pipeline/mutation/patch.ts';
import { curatedWarehouse } from '../curated.ts';
import { exportSettings } from '../export-settings.ts';
import { missingSandbox, openTiny, type TinyWorld } from '../tiny.ts';
import { ask, openConsumers } from './environment.ts';

interface Report {
  resolved: boolean;
  patch_successfully_applied: boolean;
  tests_status?: Record<string, { success: string[]; failure: string[] }>;
}

const consumers = openConsumers();
const missing = (await missingSandbox()) ?? consumers.missing;
describe.skipIf(missing !== null)('swebench', () => {
  let world: TinyWorld;
  let folder: string;
  let tasks: CuratedTask[];
  let scripts: Record<string, string>;
  let settings: Awaited<ReturnType<typeof exportSettings>>;
  const good = () => join(folder, 'good');
  beforeAll(async () => {
    world = await openTiny();
    folder = mkdtempSync(join(tmpdir(), 'conformance-'));
    tasks = await curate(await curatedWarehouse(world), 1, 'selected');
    settings = await exportSettings(world);
    await makeBundle('swebench', good(), async (bundle) => {
      await exportSwebench(bundle, world.database, tasks, settings.harbor);
      return {};
    });
    scripts = ask(consumers, 'check_swebench.py', 'scripts', good());
  });
  afterAll(async () => {
    await world?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  const snapshot = (task: CuratedTask) => settings.harbor.snapshotOf(task.task.repository_id);
  const rowOf = (task: CuratedTask): SwebenchRow => swebenchRow(task, snapshot(task), 1);

  /** SWE-bench's reports of runs, in our sandbox, of the script that SWE-bench's harness would run. */
  async function reportsOf(patchOf: (task: CuratedTask) => string | null, change = same): Promise<Report[]> {
    const logs: { instance_id: string; log: string }[] = [];
    for (const task of tasks) {
      const row = rowOf(task);
      const stage = await Stage.of(taskFiles(task, row, settings.harbor));
      const run = { model_patch: patchOf(task), eval_script: scripts[row.instance_id]!, base_commit: row.base_commit };
      const log = await evalLog(stage, task.task.repository_id, run, settings.proof);
      logs.push({ instance_id: row.instance_id, log: change(log) });
      await stage.close();
    }
    writeFileSync(join(folder, 'logs.json'), JSON.stringify(logs));
    return ask<Report[]>(consumers, 'check_swebench.py', 'grade', good(), join(folder, 'logs.json'));
  }

  /** A patch of the broken tree that puts `text` at the beginning of the edited file. */
  function prefixed(task: CuratedTask, text: string): string {
    const sources = world.library.sources(task.task.repository_id);
    const broken = applyPatch((path) => sources.get(path), task.key.bug_patch).get(task.key.path)!;
    return unifiedDiff(task.key.path, broken, `${text}\n${broken}`);
  }

  it('finds no problem in the task repository, and publishes it', () => {
    expect(ask(consumers, 'check_swebench.py', 'repo', good())).toEqual([
      { problems: [], datasets: { 'socratic/tiny': ['round_1'] } },
    ]);
  });

  it('loads the rows from both files', () => {
    const read = ask<Record<string, unknown[]>>(consumers, 'check_swebench.py', 'rows', good(), 'round_1');
    expect(read.parquet).toEqual(tasks.map(rowOf));
    expect(read.jsonl).toEqual(tasks.map(rowOf));
  });

  it('resolves by the fix', async () => {
    for (const report of await reportsOf(({ key }) => key.fix_patch)) expect(report).toMatchObject({ resolved: true });
  });

  it('does not resolve without a patch: what must fail fails, and nothing else', async () => {
    const reports = await reportsOf(() => null);
    reports.forEach(({ resolved, tests_status }, index) => {
      expect(resolved).toBe(false);
      expect(tests_status!.FAIL_TO_PASS!.failure).toEqual(JSON.parse(rowOf(tasks[index]!).FAIL_TO_PASS));
      expect(tests_status!.PASS_TO_PASS!.failure).toEqual([]);
    });
  });

  it('does not resolve by a patch that does something else', async () => {
    const comment = (task: CuratedTask) => prefixed(task, task.task.language === 'python' ? '# note' : '// note');
    for (const report of await reportsOf(comment))
      expect(report).toMatchObject({ resolved: false, patch_successfully_applied: true });
  });

  it('rejects a pass that the patch prints by itself', async () => {
    for (const report of await reportsOf(forging)) expect(report).toMatchObject({ resolved: false });
  });

  it('rejects a log that reports no failure while the tests exited with one', async () => {
    for (const report of await reportsOf(
      () => null,
      (log) => log.replace(/^not ok/gm, 'ok'),
    ))
      expect(report).toMatchObject({ resolved: false, patch_successfully_applied: false });
  });

  it('reports what is wrong with a task', () => {
    const wrong: [file: string, change: (text: string) => string, said: RegExp][] = [
      ['eval.sh', (text) => text.replaceAll('>>>>> End Test Output', ''), /eval\.sh has no .*End Test Output/],
      ['task.yaml', (text) => text.replace(/^image: .*$/m, 'image: "other"'), /is not the derived name/],
      ['task.yaml', (text) => text.replace(/^log_parser: .*$/m, ''), /has no log_parser/],
      ['tests.json', (text) => JSON.stringify({ ...JSON.parse(text), FAIL_TO_PASS: [] }), /nothing grades/],
      ['gold.patch', () => 'no diff', /does not look like a diff/],
    ];
    const copies = wrong.map(([file, change]) => {
      const copy = mkdtempSync(join(folder, 'wrong-'));
      cpSync(good(), copy, { recursive: true });
      const path = join(copy, 'tasks', rowOf(tasks[0]!).instance_id, file);
      writeFileSync(path, change(readFileSync(path, 'utf8')));
      return copy;
    });
    const looks = ask<{ problems: string[] }[]>(consumers, 'check_swebench.py', 'repo', ...copies);
    looks.forEach(({ problems }, index) => {
      expect(problems.join('\n')).toMatch(wrong[index]![2]);
    });
  });

  /** A source that prints every test as passed and ends the process. */
  function forging(task: CuratedTask): string {
    const all = [...task.key.fail_to_pass, ...task.key.pass_to_pass].map((id, index) => `ok ${index + 1} ${id}`);
    const words = JSON.stringify(all.join('\n'));
    const forged =
      task.task.language === 'python'
        ? `import os; print(${words}, flush=True); os._exit(0)`
        : `console.log(${words}); process.exit(0);`;
    return prefixed(task, forged);
  }
});

const same = (log: string): string => log;
