import * as z from 'zod';
import { Policies } from '../../schemas/policies.ts';
import { Repositories } from '../../schemas/repositories.ts';
import { type Score, Scores, type Sketch, Sketches } from '../../schemas/scores.ts';
import { AnswerKeys, Tasks, TrustedAnswerKeys, TrustedTasks } from '../../schemas/tasks.ts';
import { type Verdict, Verdicts } from '../../schemas/verdicts.ts';
import {
  type Aligned,
  type AlignmentSettings,
  alignTasks,
  type Direction,
  directionOf,
  sketchRow,
} from '../alignment/align.ts';
import { type ArenaPort, openAll, validTasks } from '../arena/attempt.ts';
import { loadCheckpoint } from '../arena/policies.ts';
import type { Harness, ObjectStore, Stopwatch } from '../ports.ts';
import { LEGAL_SHAPES } from '../sketch/spec.ts';
import { bootstrap, current, defineStage, previous } from '../stage.ts';

/** Refused before anything runs, not when the first sketch is made. */
function legal(name: 'k' | 's') {
  const values = [...new Set(LEGAL_SHAPES.map((shape) => shape[name]))];
  return z.int().refine((value) => values.includes(value), `expected one of ${values.join(', ')}`);
}

export const scoreParams = z.object({
  /** Rollouts per task: at 8 the cosine predicts a task's usefulness at Spearman .19, at 64 at .50 (prototype). */
  rollouts: z.int().min(2).default(64),
  loss: z.enum(['gdpo', 'grpo']).default('gdpo'),
  /** Sketch: length, non-zeros per coordinate, seed. */
  k: legal('k').default(4096),
  s: legal('s').default(4),
  sketch_seed: z.int().nonnegative().default(7),
});

/** Gradient of every valid candidate and every validation task at the current checkpoint, and the cosine between them. */
export const score = defineStage({
  name: 'score',
  version: 1,
  reads: {
    repositories: bootstrap(Repositories),
    tasks: current(Tasks),
    answer_keys: current(AnswerKeys),
    verdicts: current(Verdicts),
    policies: previous(Policies),
    trusted_tasks: bootstrap(TrustedTasks),
    trusted_answer_keys: bootstrap(TrustedAnswerKeys),
  },
  writes: { sketches: Sketches, scores: Scores },
  params: scoreParams,
  ports: ['arena', 'harness', 'objects', 'stopwatch'],
  async run(inputs, { params, ports, progress }) {
    const { arena, objects, harness, stopwatch } = ports as unknown as {
      arena: ArenaPort;
      objects: ObjectStore;
      harness: Harness;
      stopwatch: Stopwatch;
    };
    const before = { ...harness.executions };
    const { policy, row } = await loadCheckpoint(inputs.policies, objects);
    const settings: AlignmentSettings = { ...params, policy, policy_id: row.policy_id, now: () => stopwatch.now() };
    const place = arena.of(inputs.repositories);
    const valid = validTasks(inputs.tasks, inputs.verdicts);
    const validation = inputs.trusted_tasks.filter((task) => task.split === 'validation');
    const total = valid.length + validation.length;
    let done = 0;
    const tick = () => progress(++done, total);
    const trusted = await alignTasks(
      validation,
      await openAll(place, validation, inputs.trusted_answer_keys),
      settings,
      tick,
    );
    const direction = directionOf(trusted, settings);
    const candidates = await alignTasks(valid, await openAll(place, valid, inputs.answer_keys), settings, tick);
    const sketches = [
      ...trusted.map((a) => sketchRow(a, 'validation', direction, settings)),
      ...candidates.map((a) => sketchRow(a, 'candidate', direction, settings)),
    ];
    return {
      tables: {
        sketches,
        scores: scoresOf(
          inputs.tasks.map((t) => t.task_id),
          inputs.verdicts,
          candidates,
          direction,
        ),
      },
      usage: {
        executions: harness.executions.asked - before.asked,
        unique_executions: harness.executions.unique - before.unique,
        alignment_ms: sketches.reduce((sum, s: Sketch) => sum + s.wall_ms, 0),
      },
    };
  },
});

/** One row per candidate: rejected ones keep theirs, with reward 0 and the gate that refused them. */
function scoresOf(
  task_ids: readonly string[],
  verdicts: readonly Verdict[],
  candidates: readonly Aligned[],
  direction: Direction,
): Score[] {
  const refusedAt = new Map(verdicts.filter((v) => !v.passed).map((v) => [v.task_id, v]));
  const aligned = new Map(candidates.map((a) => [a.task_id, a]));
  return task_ids.map((task_id) => {
    const refused = refusedAt.get(task_id);
    const found = aligned.get(task_id);
    if (refused)
      return {
        ...noScore,
        task_id,
        gate: refused.gate,
        is_valid: false,
        zero_reason: `rejected: ${refused.reason_code}`,
      };
    if (!found) throw new Error(`task ${task_id} passed every gate but was not scored`);
    const cosine = direction.cosine(found);
    const p = found.pass_rate;
    return {
      task_id,
      gate: 'passed',
      is_valid: true,
      cosine,
      cosine_sketch: direction.sketchCosine(found),
      dot: cosine === null ? null : cosine * Math.sqrt(found.norm2),
      pass_rate: p,
      hardness: 1 - p,
      uncertainty: p * (1 - p),
      variance: found.reward_variance,
      reward: cosine ?? 0,
      zero_reason: cosine === null ? (found.zero_reason ?? 'the validation gradient is zero') : null,
    };
  });
}

const noScore = {
  cosine: null,
  cosine_sketch: null,
  dot: null,
  pass_rate: null,
  hardness: null,
  uncertainty: null,
  variance: null,
  reward: 0,
};
