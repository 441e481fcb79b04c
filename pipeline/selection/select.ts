import {
  SELECTION_POLICIES,
  type SelectionCandidate,
  type SelectionPolicy,
  type SelectionPolicyName,
} from './policies.ts';

export interface SelectOptions {
  policy: SelectionPolicyName;
  /** Most tasks to select. */
  budget: number;
  /** Most tasks of one skill (those without a skill are one bucket) and of one repository; no limit when null. */
  quota_per_skill?: number | null;
  quota_per_repository?: number | null;
  /** Used by `random` alone. */
  seed: string;
}

/** Why a task is in the selection or not. */
export type SelectionReason =
  | 'selected'
  | 'no_gradient'
  | 'score_not_positive'
  | 'quota_skill'
  | 'quota_repository'
  | 'budget';

export interface SelectionRow {
  task_id: string;
  /** 1 is the best; null when dropped. */
  rank: number | null;
  score: number;
  policy: SelectionPolicyName;
  reason: SelectionReason;
  /** The quota buckets it counts in. */
  skill_id: string | null;
  repository_id: string;
}

/** One row per candidate, best score first, ties by task id. Selected rows are ranked 1, 2, ... in that order. */
export function select(candidates: readonly SelectionCandidate[], options: SelectOptions): SelectionRow[] {
  const policy: SelectionPolicy = SELECTION_POLICIES[options.policy];
  const scored = candidates.map((candidate) => ({ candidate, score: policy.score(candidate, options.seed) }));
  scored.sort((a, b) => b.score - a.score || (a.candidate.task_id < b.candidate.task_id ? -1 : 1));
  const taken: Taken = { count: 0, skills: new Map(), repositories: new Map() };
  return scored.map(({ candidate, score }) => {
    const reason = reasonFor(candidate, score, policy, taken, options);
    if (reason === 'selected') take(candidate, taken);
    const { task_id, skill_id, repository_id } = candidate;
    const rank = reason === 'selected' ? taken.count : null;
    return { task_id, rank, score, policy: options.policy, reason, skill_id, repository_id };
  });
}

interface Taken {
  count: number;
  skills: Map<string | null, number>;
  repositories: Map<string, number>;
}

/** The first thing that speaks against a task. The task's own faults come before what others have used up. */
function reasonFor(
  { cosine, skill_id, repository_id }: SelectionCandidate,
  score: number,
  policy: SelectionPolicy,
  taken: Taken,
  { budget, quota_per_skill = null, quota_per_repository = null }: SelectOptions,
): SelectionReason {
  if (policy.needs_positive && cosine === null) return 'no_gradient';
  if (policy.needs_positive && !(score > 0)) return 'score_not_positive';
  if (taken.count >= budget) return 'budget';
  if (quota_per_skill !== null && (taken.skills.get(skill_id) ?? 0) >= quota_per_skill) return 'quota_skill';
  if (quota_per_repository !== null && (taken.repositories.get(repository_id) ?? 0) >= quota_per_repository) {
    return 'quota_repository';
  }
  return 'selected';
}

function take({ skill_id, repository_id }: SelectionCandidate, taken: Taken): void {
  taken.count++;
  taken.skills.set(skill_id, (taken.skills.get(skill_id) ?? 0) + 1);
  taken.repositories.set(repository_id, (taken.repositories.get(repository_id) ?? 0) + 1);
}
