import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { Arena, type Challenge } from '../../../pipeline/arena/arena.ts';
import { attempt } from '../../../pipeline/arena/attempt.ts';
import { traceOf } from '../../../pipeline/arena/trace.ts';
import type { Workspace, WorkspaceOptions } from '../../../pipeline/arena/workspace.ts';
import type { Language } from '../../../pipeline/ports.ts';
import { LogLinearPolicy } from '../../../pipeline/solver/policy.ts';
import type { PrepareInput } from '../../../pipeline/solver/prepare.ts';
import type { Ground } from '../../../pipeline/tasks/ground.ts';
import { type Proposal, propose } from '../../../pipeline/tasks/propose.ts';
import type { AnswerKey, Task } from '../../../schemas/tasks.ts';
import { canaryOf, plantable, withCanaries } from '../../canaries.ts';
import { siteOf } from '../../sites.ts';
import { editIn, groundOf, missingSandbox, openTiny, type TinyWorld } from '../../tiny.ts';
import { stringsIn } from '../../walk.ts';

describe('by type', () => {
  it('no field of a workspace or of what features are made of is one of the answer key', () => {
    type Secrets = Exclude<keyof AnswerKey, 'task_id'>;
    expectTypeOf<Extract<keyof Workspace, Secrets>>().toBeNever();
    expectTypeOf<Extract<keyof PrepareInput, Secrets>>().toBeNever();
    expectTypeOf<Extract<keyof Task, Secrets>>().toBeNever();
    expectTypeOf<Extract<keyof Challenge, Secrets>>().toBeNever();
    expectTypeOf<keyof Workspace>().toEqualTypeOf<
      'task_id' | 'repository_id' | 'problem_statement' | 'sources' | 'failing' | 'passing' | 'probe'
    >();
    expectTypeOf<Extract<keyof WorkspaceOptions, 'key' | 'answer_key'>>().toBeNever();
  });
});

/** Any canary, planted or the task's own, and the planted line number. */
const secret = /xxCANARY\w+xx|canary-|424242/;

const missing = await missingSandbox();
describe.skipIf(missing !== null).each<[Language, path: string, old: string, text: string]>([
  ['python', 'tally/wording.py', 'if index > 0 and word in SMALL_WORDS', 'if index > 2 and word in SMALL_WORDS'],
  [
    'javascript',
    'lib/interval.js',
    'if (value > this.high) return this.high',
    'if (value > this.high) return this.low',
  ],
])('by data, in %s', (language, path, old, text) => {
  let world: TinyWorld;
  let ground: Ground;
  let proposal: Proposal;
  let challenge: Challenge;
  const hidden = 'hidden test of the canary';

  beforeAll(async () => {
    world = await openTiny();
    ground = await groundOf(world, language);
    const site = siteOf(ground, editIn(ground.sources, path, old, text));
    proposal = await propose(ground, site, { split: 'train', skill_id: null, harness: world.harness });
    const key = { ...withCanaries(proposal.key), pass_to_pass: [...proposal.key.pass_to_pass, hidden], line: 424_242 };
    const arena = new Arena({ ...world, repositories: [ground.repository], buckets: 1 << 12 });
    challenge = (await arena.open(proposal.task, key as AnswerKey))!;
  }, 60_000);
  afterAll(() => world?.close());

  const expectClean = (what: string, value: unknown) => {
    const strings = stringsIn(value);
    expect(strings.length, what).toBeGreaterThan(2);
    expect(
      strings.filter((s) => secret.test(s)),
      what,
    ).toEqual([]);
    expect(
      strings.filter((s) => s.includes(hidden)),
      what,
    ).toEqual([]);
  };

  it('the planted canaries are found where they are', () => {
    const planted = plantable.map(canaryOf);
    expect(planted.filter((text) => !secret.test(text))).toEqual([]);
    expect(stringsIn({ a: [new Map([['k', new Set(planted)]])] }).filter((s) => planted.includes(s))).toEqual(planted);
  });

  it('neither statement, workspace nor actions hold anything of the answer key', () => {
    expectClean('task', proposal.task);
    expectClean('workspace', challenge.workspace);
    expectClean('prepared', challenge.prepared);
    expect(Object.keys(challenge.workspace).sort()).toEqual([
      'failing',
      'passing',
      'probe',
      'problem_statement',
      'repository_id',
      'sources',
      'task_id',
    ]);
  });

  it('the fixed text is nowhere in the workspace', () => {
    expect(ground.sources.get(path)).toContain(old);
    expect(challenge.workspace.sources.get(path)).toContain(text);
    expect(stringsIn(challenge.workspace).filter((s) => s.includes(old))).toEqual([]);
    expect(challenge.prepared.functions.filter((f) => f.text.includes(old))).toEqual([]);
  });

  it('the broken tree is what the bug patch makes, and nothing else differs', () => {
    const changed = [...challenge.workspace.sources].filter(([name, content]) => ground.sources.get(name) !== content);
    expect(changed.map(([name]) => name)).toEqual([path]);
    expect(changed[0]![1]).toBe(ground.sources.get(path)!.replace(old, text));
  });

  it('no trace, step, tool call or test outcome holds anything of the answer key', async () => {
    const policy = new LogLinearPolicy(1 << 12);
    const rollouts = await attempt(challenge, { policy, checkpoint_id: 'checkpoint', count: 12 });
    const repairs = challenge.reversals;
    for (const episode of rollouts.episodes()) {
      const rows = await traceOf(challenge, episode, { policy_id: 'policy', repairs });
      expectClean('trace', rows.trace);
      expectClean('steps', rows.steps);
      expectClean('tool calls', rows.tool_calls);
    }
    const solved = rollouts.episodes().filter((episode) => episode.is_solved).length;
    expect(solved).toBeLessThan(12);
  }, 60_000);
});
