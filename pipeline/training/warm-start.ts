import { seededRandom, shuffled } from '../random.ts';
import type { ActionSpace } from '../solver/action-space.ts';
import { DYNAMIC_FEATURES, functionFeatures, openFeatures } from '../solver/dynamic.ts';
import { ACTION_BUDGET } from '../solver/episode.ts';
import { dynamicWeights, type Policy } from '../solver/policy.ts';
import { Adam } from './adam.ts';

/** A task with repairs that execution found; all of one function. */
export interface Demonstration {
  task_id: string;
  space: ActionSpace;
  /** Edit actions known to be full repairs. */
  repairs: readonly number[];
}

export interface WarmStartOptions {
  policy: Policy;
  demonstrations: readonly Demonstration[];
  seed: string;
  epochs?: number;
  batch?: number;
  learning_rate?: number;
}

/**
 * Imitation for checkpoint 0: raises log p(open the repaired function first) + log p(one of its repairs second).
 * Changes the policy in place; returns the mean log likelihood of each epoch, in nats.
 */
export function warmStart(options: WarmStartOptions): number[] {
  const { policy, demonstrations, seed, epochs = 3, batch = 8, learning_rate = 0.02 } = options;
  const optimiser = new Adam(policy.parameterCount, { learning_rate });
  const random = seededRandom(`${seed}|warm start`);
  const ordered = [...demonstrations].sort((a, b) => (a.task_id < b.task_id ? -1 : 1));
  const likelihoods: number[] = [];
  for (let epoch = 0; ordered.length > 0 && epoch < epochs; epoch++) {
    const queue = shuffled(ordered, random);
    let sum = 0;
    for (let i = 0; i < queue.length; i += batch) {
      const tasks = queue.slice(i, i + batch);
      const gradient = new Float64Array(policy.parameterCount);
      for (const task of tasks) sum += addImitationGradient(policy, task, gradient, 1 / tasks.length);
      optimiser.step(policy.parameters, gradient);
    }
    likelihoods.push(sum / ordered.length);
  }
  return likelihoods;
}

/**
 * Adds the gradient of one demonstration's log likelihood, times `scale`; returns the log likelihood. Repairs in
 * another function than the first one's are left aside.
 */
export function addImitationGradient(
  policy: Policy,
  { task_id, space, repairs }: Demonstration,
  gradient: Float64Array,
  scale = 1,
): number {
  const first = repairs[0];
  if (first === undefined) throw new RangeError(`demonstration ${task_id} has no repair`);
  const scores = new Float64Array(space.size);
  policy.scoreActions(space.features, scores);
  const target = space.function_of[first]!;
  const sums: Sums = { scores, weights: new Float64Array(space.size), dynamic: new Float64Array(DYNAMIC_FEATURES) };
  const opens = Array.from({ length: space.function_count }, (_, f) => f);
  const edits = Array.from(
    { length: space.ranges[target + 1]! - space.ranges[target]! },
    (_, i) => space.ranges[target]! + i,
  );
  const wanted = new Set(repairs.filter((action) => space.function_of[action] === target));
  const before = choiceOf(policy, opens, [], 0);
  const after = choiceOf(
    policy,
    opens.filter((f) => f !== target),
    edits,
    1,
  );
  const likelihood = addSetGradient(before, new Set([target]), sums) + addSetGradient(after, wanted, sums);
  for (let a = 0; a < space.size; a++) sums.weights[a]! *= scale;
  policy.accumulateGradient(space.features, sums.weights, gradient);
  for (let i = 0; i < DYNAMIC_FEATURES; i++) gradient[policy.buckets + i]! += scale * sums.dynamic[i]!;
  return likelihood;
}

interface Sums {
  scores: Float64Array;
  weights: Float64Array;
  dynamic: Float64Array;
}

/** Actions at hand with the dynamic features that they share. */
interface ImitatedChoice {
  groups: { actions: readonly number[]; features: Uint8Array; score: number }[];
}

/** The choice before anything was tried, with `opened` functions open. */
function choiceOf(policy: Policy, opens: number[], edits: number[], opened: number): ImitatedChoice {
  const weights = dynamicWeights(policy);
  const remaining = ACTION_BUDGET - opened;
  const nothing = { opened, tried: 0, remaining, any_different: false, any_plausible: false, any_partial: false };
  const buffer = new Uint8Array(8);
  const group = (actions: number[], count: number) => {
    const features = buffer.slice(0, count);
    return { actions, features, score: features.reduce((sum, feature) => sum + weights[feature]!, 0) };
  };
  const fresh = { tries: 0, last: null, is_partial: false };
  return {
    groups: [group(opens, openFeatures(nothing, buffer)), group(edits, functionFeatures(fresh, false, buffer))],
  };
}

/** Adds the gradient of log p(any wanted action) to the sums; returns that log probability. */
function addSetGradient({ groups }: ImitatedChoice, wanted: ReadonlySet<number>, sums: Sums): number {
  const scored = groups.flatMap(({ actions, features, score }) =>
    actions.map((action) => ({ action, features, score: score + sums.scores[action]! })),
  );
  const highest = Math.max(...scored.map(({ score }) => score));
  const total = fold(scored, () => true, highest);
  const hit = fold(scored, (action) => wanted.has(action), highest);
  for (const { action, features, score } of scored) {
    const e = Math.exp(score - highest);
    const weight = (wanted.has(action) ? e / hit : 0) - e / total;
    sums.weights[action]! += weight;
    for (const feature of features) sums.dynamic[feature]! += weight;
  }
  return Math.log(hit / total);
}

const fold = (
  scored: readonly { action: number; score: number }[],
  isIn: (action: number) => boolean,
  highest: number,
): number => scored.reduce((sum, { action, score }) => sum + (isIn(action) ? Math.exp(score - highest) : 0), 0);
