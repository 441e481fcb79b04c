import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Candidate } from '../../../pipeline/gates/gate.ts';
import { judgeSubmission } from '../../../pipeline/gates/submission.ts';
import type { Ground } from '../../../pipeline/tasks/ground.ts';
import { editIn, groundOf, missingSandbox, openTiny, type TinyWorld } from '../../tiny.ts';
import { candidateOf, groundsOf } from './planted.ts';

const missing = await missingSandbox();
describe.skipIf(missing !== null)('a repair from outside', () => {
  const path = 'tally/wording.py';
  const [right, wrong] = ['count == 1', 'count == 2'];
  let world: TinyWorld;
  let ground: Ground;
  let candidate: Candidate;
  let pristine: string;

  beforeAll(async () => {
    world = await openTiny();
    ground = await groundOf(world, 'python');
    pristine = ground.sources.get(path)!;
    candidate = await candidateOf(world, ground, editIn(ground.sources, path, right, wrong));
  }, 60_000);
  afterAll(() => world?.close());

  const judge = (files: Record<string, string>) =>
    judgeSubmission(candidate, groundsOf(world, ground), new Map(Object.entries(files)));

  it('that is the fix is resolved', async () => {
    const failing = candidate.key.fail_to_pass.length;
    const kept = candidate.key.pass_to_pass.length;
    expect(await judge({ [path]: pristine })).toEqual({
      task_id: candidate.task.task_id,
      is_resolved: true,
      reason_code: 'resolved',
      detail: '',
      fail_to_pass: { passed: failing, of: failing },
      pass_to_pass: { passed: kept, of: kept },
    });
  });

  const told = async (files: Record<string, string>) => (await judge(files)).reason_code;

  it('is told apart from what is none', async () => {
    expect(await told({})).toBe('nothing_changed');
    expect(await told({ [path]: pristine.replace(right, 'count == 3') })).toBe('not_repaired');
    expect(await told({ [path]: `${pristine}\n\ndef countdown(start):\n    return iter(())\n` })).toBe('breaks_tests');
    expect(await told({ [path]: `${pristine}\n)` })).toBe('broken_tree');
    expect(await told({ [path]: `import pytest\n${pristine}` })).toBe('reaches_for_runner');
  }, 60_000);

  it('may not go on for ever', async () => {
    const endless = new Map([[path, `${pristine}\nwhile True: pass\n`]]);
    const { reason_code } = await judgeSubmission(candidate, groundsOf(world, ground, { suite_wall_ms: 500 }), endless);
    expect(reason_code).toBe('timeout');
  });

  it('that was not run has no shares', async () => {
    expect(await judge({})).toMatchObject({ fail_to_pass: null, pass_to_pass: null });
  });
});
