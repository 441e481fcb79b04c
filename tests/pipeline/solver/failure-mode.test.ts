import { describe, expect, it } from 'vitest';
import type { Episode, EpisodeStep } from '../../../pipeline/solver/episode.ts';
import { failureMode } from '../../../pipeline/solver/failure-mode.ts';
import { prepareTask } from '../../../pipeline/solver/prepare.ts';
import { smallInput } from './fixtures.ts';
import { outcome } from './world.ts';

const task = prepareTask(smallInput());
const actionsWhere = (operator: string) =>
  task.actions.flatMap((a, i) => (a.kind === 'edit' && a.edit.operator === operator ? [i] : []));
const lineOf = (action: number) => task.space.lines.of[action];
const [repair] = actionsWhere('arith') as [number];
const swaps = actionsWhere('name_swap');
const [sameLine, secondOnLine] = swaps.filter((a) => lineOf(a) === lineOf(repair)) as [number, number];
const otherLine = swaps.find((a) => lineOf(a) !== lineOf(repair))!;

const episode = (actions: readonly number[], over: Partial<Episode> = {}): Episode => ({
  attempt: 0,
  steps: actions.map(
    (action): EpisodeStep => ({
      kind: action === 0 ? 'open' : 'edit',
      action,
      probability: 1,
      entropy: 0,
      outcome: action === 0 ? null : outcome('same'),
    }),
  ),
  submitted: null,
  submission: null,
  is_solved: false,
  log_probability: 0,
  ...over,
});

describe('failureMode', () => {
  const overfit = { submitted: otherLine, submission: outcome('fixed') };
  it.each([
    { mode: 'ok', found: failureMode(task, episode([0, repair], { is_solved: true }), [repair]) },
    { mode: 'unrepairable', found: failureMode(task, episode([0, repair]), []) },
    { mode: 'overfit', found: failureMode(task, episode([0, otherLine], overfit), [repair]) },
    { mode: 'localise_function', found: failureMode(task, episode([]), [repair]) },
    { mode: 'localise_line', found: failureMode(task, episode([0, otherLine]), [repair]) },
    { mode: 'wrong_operator', found: failureMode(task, episode([0, sameLine]), [repair]) },
    { mode: 'exhausted', found: failureMode(task, episode([0, sameLine]), [secondOnLine]) },
  ])('$mode', ({ mode, found }) => {
    expect(found).toBe(mode);
  });
});
