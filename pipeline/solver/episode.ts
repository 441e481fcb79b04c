import { seededRandom } from '../random.ts';
import { type ActionSpace, isOpen } from './action-space.ts';
import { Choice } from './choice.ts';
import type { OutcomeTable } from './outcomes.ts';
import { dynamicWeights, type Policy } from './policy.ts';
import { Rollout } from './rollout.ts';
import type { EditOutcome } from './types.ts';

/** Actions that one episode may take, opens and edits together. */
export const ACTION_BUDGET = 12;

export interface EpisodeStep {
  kind: 'open' | 'edit';
  action: number;
  probability: number;
  entropy: number;
  /** Null for an open. */
  outcome: EditOutcome | null;
}

export interface Episode {
  /** Index of the rollout: with the task and the checkpoint it seeds the episode. */
  attempt: number;
  steps: EpisodeStep[];
  /** The edit handed in, and what it came to; null when there was nothing worth handing in. */
  submitted: number | null;
  submission: EditOutcome | null;
  /** Fully repaired. */
  is_solved: boolean;
  /** Log probability of all choices, in nats. */
  log_probability: number;
}

export interface RolloutRequest {
  space: ActionSpace;
  policy: Policy;
  outcomes: OutcomeTable;
  /** With the checkpoint and the attempt it seeds each episode. */
  task_id: string;
  checkpoint_id: string;
  /** Number of episodes. */
  count: number;
  /** Attempt number of the first one; 0 when left out. */
  first_attempt?: number;
  budget?: number;
  temperature?: number;
}

/**
 * Several episodes of one task advancing together over outcomes that are executed on demand. Call `advance`, execute
 * the edits it returns, put their outcomes in the table, and call it again until it returns none. Each episode has its
 * own random numbers, so neither the order of executions nor the size of the group changes any of them.
 */
export class Rollouts {
  readonly space: ActionSpace;
  readonly all: readonly Rollout[];
  private readonly outcomes: OutcomeTable;
  private readonly first: number;

  constructor(request: RolloutRequest) {
    const { space, policy, outcomes, count, first_attempt = 0, budget = ACTION_BUDGET, temperature = 1 } = request;
    if (outcomes.size !== space.size) {
      throw new RangeError(`outcome table of ${outcomes.size} actions given for ${space.size}`);
    }
    const scores = new Float64Array(space.size);
    policy.scoreActions(space.features, scores);
    const choice = new Choice(space, scores, dynamicWeights(policy), temperature);
    this.space = space;
    this.outcomes = outcomes;
    this.first = first_attempt;
    this.all = Array.from({ length: count }, (_, i) => {
      const random = seededRandom(`${request.task_id}|${request.checkpoint_id}|${first_attempt + i}`);
      return new Rollout(choice, outcomes, budget, random);
    });
  }

  /** Advances every episode as far as it goes; returns the edits to execute next, ascending, each once. */
  advance(): number[] {
    const needed = new Set<number>();
    for (const rollout of this.all) {
      const action = rollout.advance();
      if (action >= 0) needed.add(action);
    }
    return [...needed].sort((a, b) => a - b);
  }

  get is_finished(): boolean {
    return this.all.every((rollout) => rollout.is_finished);
  }

  /** The finished episodes, in order of attempt. */
  episodes(): Episode[] {
    if (!this.is_finished) throw new Error('episodes are still waiting for outcomes');
    return this.all.map((rollout, i) => this.episode(rollout, this.first + i));
  }

  private episode({ steps, submitted }: Rollout, attempt: number): Episode {
    const submission = submitted === null ? null : this.outcomes.get(submitted);
    return {
      attempt,
      steps: steps.map((step) => this.describe(step)),
      submitted,
      submission,
      is_solved: submission?.full ?? false,
      log_probability: steps.reduce((sum, step) => sum + Math.log(step.probability), 0),
    };
  }

  private describe(step: { action: number; probability: number; entropy: number }): EpisodeStep {
    const is_open = isOpen(this.space, step.action);
    return { kind: is_open ? 'open' : 'edit', ...step, outcome: is_open ? null : this.outcomes.get(step.action) };
  }
}

/** Executes edits of a task: one outcome per action, in the order asked. */
export type ExecuteEdits = (actions: readonly number[]) => Promise<readonly EditOutcome[]>;

/** Runs all episodes to their end, executing what they need wave by wave. */
export async function runRollouts(request: RolloutRequest, execute: ExecuteEdits): Promise<Rollouts> {
  const rollouts = new Rollouts(request);
  for (let needed = rollouts.advance(); needed.length > 0; needed = rollouts.advance()) {
    const outcomes = await execute(needed);
    if (outcomes.length !== needed.length) {
      throw new Error(`asked for ${needed.length} outcomes, got ${outcomes.length}`);
    }
    for (const [i, action] of needed.entries()) request.outcomes.set(action, outcomes[i]!);
  }
  return rollouts;
}
