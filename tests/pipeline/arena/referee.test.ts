import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Arena } from '../../../pipeline/arena/arena.ts';
import { baseEdits, judgeEdits, type Secret, verificationRun } from '../../../pipeline/arena/referee.ts';
import { openWorkspace, type Workspace } from '../../../pipeline/arena/workspace.ts';
import type { Edit, Harness } from '../../../pipeline/ports.ts';
import type { Ground } from '../../../pipeline/tasks/ground.ts';
import { type Proposal, propose } from '../../../pipeline/tasks/propose.ts';
import { siteOf } from '../../sites.ts';
import { editIn, groundOf, missingSandbox, openTiny, type TinyWorld } from '../../tiny.ts';

const missing = await missingSandbox();
describe.skipIf(missing !== null)('referee over tiny-python', () => {
  let world: TinyWorld;
  let ground: Ground;
  let proposal: Proposal;
  let workspace: Workspace;
  let secret: Secret;
  const path = 'tally/basket.py';

  beforeAll(async () => {
    world = await openTiny();
    ground = await groundOf(world, 'python');
    const bug = editIn(ground.sources, path, 'self.prices[name] * count', 'self.prices[name]');
    proposal = await propose(ground, siteOf(ground, bug), { split: 'train', skill_id: null, harness: world.harness });
    const base = baseEdits(proposal.key, ground.sources);
    secret = { key: proposal.key, base, pristine: ground.sources, coverage: ground.coverage };
    workspace = (await open())!;
  }, 300_000);
  afterAll(() => world?.close());

  const open = (over: Partial<Parameters<typeof openWorkspace>[0]> = {}) =>
    openWorkspace({
      task: proposal.task,
      base: secret.base,
      pristine: ground.sources,
      suite: ground.repository.tests,
      harness: world.harness,
      ...over,
    });
  const edit = (old: string, text: string): Edit => editIn(workspace.sources, path, old, text);
  const repair = (): Edit => edit('cents += self.prices[name]', 'cents += self.prices[name] * count');
  const judged = async (one: Edit) => (await judgeEdits(workspace, [one], secret, world.harness))[0]!;

  it('shows failing tests with messages and coverage, and the passing ones beside them', () => {
    expect(workspace.failing.map((t) => t.test_id)).toEqual(proposal.task.failing_tests);
    expect(workspace.failing.every((t) => t.status === 'failed' && t.message && t.coverage![path]!.length > 0)).toBe(
      true,
    );
    expect(workspace.passing.length).toBeGreaterThan(5);
    expect(workspace.passing.every((t) => t.status === 'passed' && t.test_id.startsWith('tests/test_basket.py'))).toBe(
      true,
    );
  });

  it('knows the repair', async () => {
    expect(await judged(repair())).toEqual({
      class: 'fixed',
      fail_to_pass_fraction: 1,
      visible_ok: true,
      pass_to_pass_fraction: 1,
      full: true,
    });
  });

  it('knows a repair that breaks other tests', async () => {
    const overfit = await judged(
      edit('cents += self.prices[name]', 'cents += self.prices[name] * count if "ink" not in self.prices else 0'),
    );
    expect(overfit).toMatchObject({ class: 'fixed', fail_to_pass_fraction: 1, visible_ok: false, full: false });
    expect(overfit.pass_to_pass_fraction).toBeGreaterThan(0);
    expect(overfit.pass_to_pass_fraction).toBeLessThan(1);
  });

  it('knows a partial repair', async () => {
    const partial = await judged(
      edit('cents += self.prices[name]', 'cents += self.prices[name] * (3 if name == "apple" else 1)'),
    );
    expect(partial).toMatchObject({ class: 'partial', full: false });
    expect(partial.fail_to_pass_fraction).toBeCloseTo(1 / 3);
  });

  it.each([
    ['broken', 'cents = 0', 'cents = = 0'],
    ['same', 'cents = 0', 'cents = 0 + 0'],
    ['different', 'cents = 0', 'cents = 1'],
    ['timeout', 'cents = 0', 'while True: pass'],
  ])(
    'knows an edit that leaves the test failing: %s',
    async (name, old, text) => {
      expect(await judged(edit(old, text))).toEqual({
        class: name,
        fail_to_pass_fraction: 0,
        visible_ok: false,
        pass_to_pass_fraction: 1,
        full: false,
      });
    },
    30_000,
  );

  it('lets a forged probe gain nothing: the run that judges it has a canary', async () => {
    const forged = 'import _pytest.runner as r; r.CallInfo.excinfo = property(lambda call: None, lambda call, e: None)';
    const lie = edit('cents = 0', `${forged}; cents = 0`);
    const [probe] = await workspace.probe([lie]);
    expect(probe).toMatchObject({ outcome: 'ran', tests: [{ status: 'passed' }] });
    expect(await judged(lie)).toMatchObject({ class: 'different', fail_to_pass_fraction: 0, full: false });
    expect(await verificationRun(workspace, lie, secret, world.harness)).toMatchObject({
      outcome: 'forged',
      tests: [],
    });
  });

  it('answers in the order asked, whatever it remembers', async () => {
    const edits = [repair(), edit('cents = 0', 'cents = = 0')];
    const forth = await judgeEdits(workspace, edits, secret, world.harness);
    const back = await judgeEdits(workspace, [...edits].reverse(), secret, world.harness);
    expect(forth.map((o) => o.class)).toEqual(['fixed', 'broken']);
    expect(back).toEqual([...forth].reverse());
  });

  it('verifies by fail_to_pass, visible and hidden tests, each once', async () => {
    const run = await verificationRun(workspace, repair(), secret, world.harness);
    const ids = run.tests.map((t) => t.test_id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(
      expect.arrayContaining([...proposal.key.fail_to_pass, ...workspace.passing.map((t) => t.test_id)]),
    );
    expect(run.outcome).toBe('complete');
  });

  it('opens no workspace where the failing test does not fail', async () => {
    expect(await open({ base: [] })).toBeNull();
    const arena = new Arena({ ...world, repositories: [ground.repository], buckets: 64 });
    const easy = { ...proposal.task, failing_tests: [proposal.key.pass_to_pass[0]!] };
    expect(await arena.open(easy, proposal.key)).toBeNull();
    expect(arena.open(easy, proposal.key)).toBe(arena.open(easy, proposal.key));
  });

  it('takes no failure of the infrastructure for an outcome', async () => {
    const broken: Harness = {
      ...world.harness,
      id: world.harness.id,
      executions: world.harness.executions,
      suite: async () => ({ outcome: 'infrastructure_error', detail: 'no process', tests: [], wall_ms: 0 }),
      cold: () => Promise.reject(new Error('not asked')),
      executionOf: () => 'not asked',
      probe: (id, request) => world.harness.probe(id, request),
    };
    await expect(open({ harness: broken })).rejects.toThrow(/no process[\s\S]*run the same command again/);
    await expect(judgeEdits(workspace, [repair()], secret, broken)).rejects.toThrow(/no process/);
  });
});
