import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { patch } from '../pipeline/skills/foreign/planted.ts';
import { socratic } from './run.ts';

let root: string;
const over = () => ['--set', `data=${join(root, 'data')}`];

/** An attempt as mini-swe-agent writes it, and the report that judges it. */
function plant(run: string, task: string, body: string, resolved: boolean): void {
  const folder = join(root, 'in', run, task);
  mkdirSync(folder, { recursive: true });
  const calls = [
    { id: 'c1', type: 'function', function: { name: 'bash', arguments: '{"command":"sed -i s/a/b/ shop/price.py"}' } },
  ];
  const messages = [
    { role: 'system', content: 'help' },
    { role: 'user', content: 'The `total_price` is wrong' },
    { role: 'assistant', content: null, tool_calls: calls, extra: {} },
    { role: 'tool', tool_call_id: 'c1', content: 'ok', extra: { raw_output: 'ok', returncode: 0 } },
  ];
  const info = {
    exit_status: 'Submitted',
    submission: body,
    mini_version: '2',
    model_stats: { api_calls: 1 },
    config: { model: { model_name: run } },
  };
  writeFileSync(
    join(folder, `${task}.traj.json`),
    JSON.stringify({ trajectory_format: 'mini-swe-agent-1.1', instance_id: task, info, messages }),
  );
  const tests_status = {
    FAIL_TO_PASS: { success: resolved ? ['t'] : [], failure: resolved ? [] : ['t'] },
    PASS_TO_PASS: { success: [], failure: [] },
  };
  writeFileSync(
    join(folder, 'report.json'),
    JSON.stringify({ [task]: { patch_exists: true, patch_is_None: false, resolved, tests_status } }),
  );
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'socratic-import-cli-'));
  plant('a', 'own__shop-1', patch('shop/price.py', 'total_price', 'return round_half_up(x)'), true);
  plant('b', 'own__shop-1', patch('shop/price.py', 'total_price', 'return round_half_up(y)'), true);
  plant('c', 'own__shop-1', patch('shop/views.py', 'show', 'return x'), false);
  plant('c', 'own__shop-2', patch('shop/cart.py', 'merge', 'return x'), false);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('socratic import and distill', () => {
  it('imports, says what came of it, and lets the same files change nothing', async () => {
    const first = await socratic(['import', join(root, 'in'), ...over()]);
    expect(first).toMatchObject({ code: 0, log: '' });
    expect(first.out).toMatch(
      /8 files.*4 trace records, 0 rejected[\s\S]*2 resolved, 2 unresolved[\s\S]*imported into round 0/,
    );
    const again = await socratic(['import', join(root, 'in'), ...over()]);
    expect(again.out).toMatch(/traces +0 new, 4 there already[\s\S]*nothing new/);
    expect(
      JSON.parse((await socratic(['sql', 'select count(*)::int as n from steps', '--json', ...over()])).out),
    ).toEqual([{ n: 12 }]);
    expect(await socratic(['check', ...over()])).toMatchObject({ code: 0 });
  });

  it('brings only what is new when a run is added', async () => {
    plant('d', 'own__shop-2', patch('shop/cart.py', 'merge', 'return y'), true);
    const { out } = await socratic(['import', join(root, 'in'), '--json', ...over()]);
    expect(JSON.parse(out)).toMatchObject({ traces: 1, known: 4, steps: 3 });
  });

  it('ends with 1 when something was rejected, and keeps the rest', async () => {
    writeFileSync(join(root, 'bad.json'), '{"messages": [');
    const { code, out } = await socratic([
      'import',
      join(root, 'bad.json'),
      '--also',
      join(root, 'in', 'a'),
      ...over(),
    ]);
    expect(code).toBe(1);
    expect(out).toContain('1 rejected');
    expect((await socratic(['sql', 'select error_code from ingest_rejects', ...over()])).out).toContain('truncated');
  });

  it('says what is wrong with a path', async () => {
    expect(await socratic(['import', join(root, 'nowhere'), ...over()])).toMatchObject({
      code: 2,
      log: expect.stringMatching(/nothing there\n {2}fix: check the path/),
    });
  });

  it('distills cards from imported traces alone, and exports them', async () => {
    const { code, out } = await socratic(['distill', '--json', '--z', '0', ...over()]);
    expect(code).toBe(0);
    const { skills } = JSON.parse(out) as { skills: { operator: string; description: string; skill_id: string }[] };
    const card = skills.find((skill) => skill.operator === 'wrong_place')!;
    expect(card.description).toMatch(/`shop\/views.py::show` and never `shop\/price.py::total_price`/);
    expect((await socratic(['skills', 'show', card.skill_id, ...over()])).out).toMatch(/trace_[0-9a-f]{24}#\d+/);
    expect((await socratic(['skills', 'export', join(root, 'out'), ...over()])).out).toMatch(/^\d+ skills in /);
    expect((await socratic(['skills', 'diff', '0..1', ...over()])).out).toContain('gone');
    expect((await socratic(['skills', 'diff', 'x', ...over()])).code).toBe(2);
  });
});
