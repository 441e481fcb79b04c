import type { Stage } from './stage.ts';
import { distill } from './stages/distill.ts';
import { evaluate } from './stages/evaluate.ts';
import { generate } from './stages/generate.ts';
import { prepare } from './stages/prepare.ts';
import { score } from './stages/score.ts';
import { select } from './stages/select.ts';
import { solve } from './stages/solve.ts';
import { train } from './stages/train.ts';
import { trusted } from './stages/trusted.ts';
import { validate } from './stages/validate.ts';
import { warmStartStage } from './stages/warm-start.ts';

/** Round 0: seeds, trusted tasks, first tasks, checkpoint 0 and the traces that round 1 reads. */
export const bootstrapStages: readonly Stage[] = [
  prepare,
  trusted,
  generate,
  validate,
  warmStartStage,
  solve,
  evaluate,
];

/** Round n: the traces of round n - 1 become a training set, the Solver is trained on it and leaves new traces. */
export const roundStages: readonly Stage[] = [distill, generate, validate, score, select, train, solve, evaluate];

export const stagesOf = (round: number): readonly Stage[] => (round === 0 ? bootstrapStages : roundStages);
