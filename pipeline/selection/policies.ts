import { seededRandom } from '../random.ts';

/** What selection knows of a validated task. */
export interface SelectionCandidate {
  task_id: string;
  repository_id: string;
  /** Null for a task that no skill asked for. */
  skill_id: string | null;
  /** Cosine of its gradient with the mean validation gradient; null when the gradient is zero. */
  cosine: number | null;
  /** Dot product of the same; null when the gradient is zero. */
  dot: number | null;
  /** Share of rollouts that repaired it, 0..1. */
  pass_rate: number;
  /** Variance of r_S over its rollouts. */
  reward_variance: number;
}

/** A named way to score tasks. */
export interface SelectionPolicy {
  /** Only positive scores may be selected, and a task without gradient has none. */
  needs_positive: boolean;
  score(candidate: SelectionCandidate, seed: string): number;
}

/** Selection policies by name (SOLVER 2.5, METHOD 6). */
export const SELECTION_POLICIES = {
  cos: { needs_positive: true, score: ({ cosine }) => cosine ?? 0 },
  dot: { needs_positive: true, score: ({ dot }) => dot ?? 0 },
  /** Positive cosine times the spread of success: best or tied best in the prototype. */
  cos_unc: {
    needs_positive: true,
    score: ({ cosine, pass_rate: p }) => Math.max(0, cosine ?? 0) * Math.sqrt(p * (1 - p) + 0.01),
  },
  uncertainty: { needs_positive: false, score: ({ pass_rate }) => 1 - 2 * Math.abs(pass_rate - 0.5) },
  variance: { needs_positive: false, score: ({ reward_variance }) => reward_variance },
  hardness: { needs_positive: false, score: ({ pass_rate }) => 1 - pass_rate },
  /** Depends on the seed and the task alone, not on the other tasks. */
  random: { needs_positive: false, score: ({ task_id }, seed) => seededRandom(`${seed}|select|${task_id}`)() },
} satisfies Record<string, SelectionPolicy>;

export type SelectionPolicyName = keyof typeof SELECTION_POLICIES;
