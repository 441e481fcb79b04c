import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Arena } from '../../../pipeline/arena/arena.ts';
import { leakIn } from '../../../pipeline/gates/leak.ts';
import { applyPatch } from '../../../pipeline/mutation/patch.ts';
import { seededRandom } from '../../../pipeline/random.ts';
import { drawer } from '../../../pipeline/tasks/draw.ts';
import { type Ground, lightestFirst, sitesOf, suiteWallMs, testsCovering } from '../../../pipeline/tasks/ground.ts';
import { type Proposal, propose, taskIdOf } from '../../../pipeline/tasks/propose.ts';
import { siteOf } from '../../sites.ts';
import { editIn, groundOf, missingSandbox, openTiny, type TinyWorld } from '../../tiny.ts';

const missing = await missingSandbox();
describe.skipIf(missing !== null)('propose', () => {
  let world: TinyWorld;
  let grounds: Record<'python' | 'javascript', Ground>;
  beforeAll(async () => {
    world = await openTiny();
    grounds = { python: await groundOf(world, 'python'), javascript: await groundOf(world, 'javascript') };
  }, 60_000);
  afterAll(() => world?.close());

  const proposed = (ground: Ground, site: Parameters<typeof propose>[1]) =>
    propose(ground, site, { split: 'train', skill_id: 's', harness: world.harness });

  it.each(['python', 'javascript'] as const)('covers only lines that tests execute, in %s', (language) => {
    const ground = grounds[language];
    const covered = [...ground.coverage.values()];
    const sites = sitesOf(ground);
    expect(sites.length).toBeGreaterThan(300);
    for (const { edit } of sites) expect(covered.some((c) => c[edit.path]?.includes(edit.line))).toBe(true);
    expect(sites.filter((s) => s.function.name === 'UnknownItem.__str__').length > 0).toBe(language === 'python');
  });

  it.each(['python', 'javascript'] as const)(
    'says the symptoms and nothing of the place, in %s',
    async (language) => {
      const ground = grounds[language];
      const next = drawer(
        [ground],
        [],
        { per_draw: 1, explore: 1, most_per_function: 3 },
        seededRandom(`say ${language}`),
      );
      const noticed: Proposal[] = [];
      for (let i = 0; i < 16; i++) {
        const { site } = next()!;
        const proposal = await proposed(ground, site);
        if (proposal.key.fail_to_pass.length > 0) noticed.push(proposal);
      }
      expect(noticed.length).toBeGreaterThan(4);
      for (const { task, key } of noticed) {
        expect(leakIn(task.problem_statement, key)).toBeNull();
        expect(task.problem_statement).not.toContain(key.path);
        expect(task.problem_statement).not.toMatch(new RegExp(`\\b(${key.operator}|line ${key.line})\\b`));
        expect(task.problem_statement).not.toMatch(/0x[0-9a-f]{6}|\/work\/|\/tmp\//);
        expect(task.test_command).not.toContain(key.path);
        expect(task.failing_tests).toEqual(key.fail_to_pass.slice(0, 6));
        for (const id of task.failing_tests) expect(task.problem_statement).toContain(id);
        expect([...key.fail_to_pass, ...key.pass_to_pass].sort()).toEqual([...ground.repository.tests].sort());
      }
    },
    60_000,
  );

  it('makes the same task of the same bug, another of any other', async () => {
    const ground = grounds.python;
    const bug = editIn(ground.sources, 'tally/wording.py', 'count == 1', 'count == 2');
    const [one, two] = [
      await proposed(ground, siteOf(ground, bug)),
      await proposed(ground, siteOf(ground, bug, 'other')),
    ];
    expect(two.task).toEqual(one.task);
    expect(one.task.task_id).toBe(taskIdOf(ground.repository.repository_id, bug));
    const others = [
      taskIdOf('repo_other', bug),
      taskIdOf(ground.repository.repository_id, { ...bug, replacement: 'count == 3' }),
      taskIdOf(ground.repository.repository_id, { ...bug, start: bug.start + 1 }),
      taskIdOf(ground.repository.repository_id, { ...bug, path: 'tally/basket.py' }),
    ];
    expect(new Set([one.task.task_id, ...others]).size).toBe(5);
  });

  it('keeps a key whose patches make the bug and take it back', async () => {
    const ground = grounds.javascript;
    const bug = editIn(ground.sources, 'lib/duration.js', 'if (count > 0)', 'if (count > 1)');
    const { task, key } = await proposed(ground, siteOf(ground, bug));
    const broken = applyPatch((path) => ground.sources.get(path), key.bug_patch);
    expect(broken.get(bug.path)).toContain('if (count > 1)');
    expect(applyPatch((path) => broken.get(path), key.fix_patch).get(bug.path)).toBe(ground.sources.get(bug.path));
    expect(key).toMatchObject({ line: bug_line(ground, bug), symbol: 'format', bug_text: 'if (count > 1)' });
    expect(key.canary).toMatch(/^canary-[0-9a-f]{20}$/);
    expect(task.problem_statement).toMatch(/^\d tests fail in tiny-javascript-train 1\.0\.0:\n\n- `test\/duration/);
  });

  it('still makes a row of a bug that nothing notices, and of one that breaks everything', async () => {
    const ground = grounds.python;
    const idle = await proposed(
      ground,
      siteOf(
        ground,
        editIn(ground.sources, 'tally/errors.py', 'self.known = sorted(known)', 'self.known = sorted(set(known))'),
      ),
    );
    expect(idle.key.fail_to_pass).toEqual([]);
    expect(idle.task.problem_statement).toBe('No test notices the change.');
    const fatal = await proposed(
      ground,
      siteOf(ground, editIn(ground.sources, 'tally/wording.py', 'SQUARES = squares(12)', 'SQUARES = squares(x)')),
    );
    expect(fatal.key.fail_to_pass).toEqual([]);
    expect(fatal.task.problem_statement).toBe('The suite did not complete: broken.');
  });

  it('names the parts of a test before the whole, and its task can be attempted', async () => {
    const ground = grounds.javascript;
    const bug = editIn(ground.sources, 'lib/interval.js', 'if (last && last', 'if (last || last');
    const { task, key } = await proposed(ground, siteOf(ground, bug));
    expect(task.failing_tests.at(-1)).toBe('test/interval.test.js::merged');
    expect(task.failing_tests.length).toBe(4);
    const arena = new Arena({ ...world, repositories: [ground.repository], buckets: 64 });
    const challenge = await arena.open(task, key);
    expect(challenge!.workspace.failing.map((t) => t.test_id)).toEqual(task.failing_tests);
    expect(challenge!.reversals.length).toBeGreaterThan(0);
    const [outcome] = await challenge!.execute(challenge!.reversals.slice(0, 1));
    expect(outcome).toMatchObject({ class: 'fixed', full: true });
  });

  it('orders tests by what they execute, then by name', () => {
    const ground = grounds.python;
    const fn = ground.modules.get('tally/wording.py')!.functions.find((f) => f.name === 'ordinal')!;
    const found = testsCovering(ground, 'tally/wording.py', fn);
    expect(found.length).toBe(7);
    expect(found.every((id) => id.includes('test_ordinal'))).toBe(true);
    expect([...found].reverse().sort(lightestFirst(ground.coverage))).toEqual(found);
  });
});

const bug_line = (ground: Ground, { path, start }: { path: string; start: number }): number =>
  ground.sources.get(path)!.slice(0, start).split('\n').length;

describe('suiteWallMs', () => {
  it.each([
    [0, 8000],
    [500, 8000],
    [1000, 15_000],
    [60_000, 120_000],
  ])('%s ms of pristine suite', (suite_ms, wall) => {
    expect(suiteWallMs({ suite_ms })).toBe(wall);
  });
});
