import type { Random } from '../random.ts';
import type { ActionGroups, ActionSpace } from './action-space.ts';
import type { Choice } from './choice.ts';
import {
  DYNAMIC_FEATURES,
  EDIT_BITS,
  type FunctionMemory,
  functionFeatures,
  type Memory,
  openFeatures,
} from './dynamic.ts';
import { DIFFERENT, FIXED, type OutcomeTable, PARTIAL, SAME } from './outcomes.ts';

/** One action of an episode as the policy took it. */
export interface ChosenStep {
  action: number;
  /** Probability of the action when it was chosen. */
  probability: number;
  /** Entropy of the choice in nats. */
  entropy: number;
}

/**
 * One episode in the making: chooses, waits for the outcome of an edit that nobody has executed yet, learns, goes on.
 * An edit that does not end the episode is reverted.
 */
export class Rollout {
  readonly steps: ChosenStep[] = [];
  /** Sum over the steps of d log p(chosen) / d score, by action and by dynamic feature. */
  readonly weights: Float64Array;
  readonly dynamic = new Float64Array(DYNAMIC_FEATURES);
  /** The edit that is handed in: the green one, else the best plausible or partial one, else none. */
  submitted: number | null = null;
  is_finished = false;
  private readonly choice: Choice;
  private readonly outcomes: OutcomeTable;
  private readonly random: Random;
  private readonly used: Uint8Array;
  private readonly masks: Uint8Array;
  private readonly functions: FunctionMemory[];
  private readonly memory: Memory;
  private pending = -1;
  private partial = -1;
  private best_fraction = 0;

  constructor(choice: Choice, outcomes: OutcomeTable, budget: number, random: Random) {
    const { size, function_count } = choice.space;
    this.choice = choice;
    this.outcomes = outcomes;
    this.random = random;
    this.weights = new Float64Array(size);
    this.used = new Uint8Array(size);
    this.masks = new Uint8Array(size);
    this.functions = Array.from({ length: function_count }, () => ({ tries: 0, last: null, is_partial: false }));
    this.memory = {
      opened: 0,
      tried: 0,
      remaining: budget,
      any_different: false,
      any_plausible: false,
      any_partial: false,
    };
  }

  /** Goes on as far as known outcomes allow. Returns the edit whose outcome is needed, or -1 at the end of the episode. */
  advance(): number {
    while (!this.is_finished) {
      if (this.pending < 0 && !this.choose()) break;
      if (this.pending >= this.space.function_count && !this.outcomes.has(this.pending)) return this.pending;
      this.take(this.pending);
      this.pending = -1;
    }
    this.is_finished = true;
    return -1;
  }

  private get space(): ActionSpace {
    return this.choice.space;
  }

  /** Draws the next action into `pending`; false when the budget or the actions are used up. */
  private choose(): boolean {
    const { choice, used, masks } = this;
    if (this.memory.remaining <= 0) return false;
    this.laySegments();
    if (!choice.weigh(used, masks)) return false;
    const action = choice.draw(this.random(), used);
    this.steps.push({ action, probability: choice.probability(action), entropy: choice.entropy() });
    choice.addLogGradient(action, used, masks, this.weights, this.dynamic);
    this.pending = action;
    return true;
  }

  private laySegments(): void {
    const { choice, memory, space } = this;
    choice.clear();
    const opens = choice.addSegment(0, space.function_count);
    opens.feature_count = openFeatures(memory, opens.features);
    for (let f = 0; f < space.function_count; f++) {
      if (this.used[f] === 0) continue;
      const segment = choice.addSegment(space.ranges[f]!, space.ranges[f + 1]!);
      segment.feature_count = functionFeatures(this.functions[f]!, memory.any_plausible, segment.features);
    }
  }

  private take(action: number): void {
    this.memory.remaining--;
    this.used[action] = 1;
    if (action < this.space.function_count) this.memory.opened++;
    else this.learn(action);
  }

  /** Remembers the outcome of an edit and ends the episode on a green one. */
  private learn(action: number): void {
    const code = this.outcomes.classes[action]!;
    this.rememberFunction(action, code);
    this.rememberGroups(action, code);
    if (code === PARTIAL) this.rememberPartial(action);
    if (code === PARTIAL || code === FIXED) this.keepBest(action);
    if (code !== FIXED) return;
    this.memory.any_plausible = true;
    if (this.outcomes.get(action).visible_ok) this.is_finished = true;
  }

  private rememberFunction(action: number, code: number): void {
    this.memory.tried++;
    if (code === DIFFERENT) this.memory.any_different = true;
    for (const fn of this.functions) fn.last = null;
    const fn = this.functions[this.space.function_of[action]!]!;
    fn.tries++;
    fn.last = code === SAME ? 'same' : code === DIFFERENT ? 'different' : null;
  }

  private rememberGroups(action: number, code: number): void {
    const { lines, operators, sites } = this.space;
    this.mark(lines, action, code === SAME ? EDIT_BITS.lineSame : EDIT_BITS.lineOther);
    this.mark(sites, action, EDIT_BITS.siteTried);
    const again = (this.masks[action]! & (EDIT_BITS.operatorOnce | EDIT_BITS.operatorMore)) !== 0;
    if (again) this.mark(operators, action, EDIT_BITS.operatorMore, EDIT_BITS.operatorOnce);
    else this.mark(operators, action, EDIT_BITS.operatorOnce);
  }

  /** Only the last partial repair's function and line are marked. */
  private rememberPartial(action: number): void {
    if (this.partial >= 0) this.mark(this.space.lines, this.partial, 0, EDIT_BITS.partialLine);
    this.mark(this.space.lines, action, EDIT_BITS.partialLine);
    for (const fn of this.functions) fn.is_partial = false;
    this.functions[this.space.function_of[action]!]!.is_partial = true;
    this.memory.any_partial = true;
    this.partial = action;
  }

  /** A green edit wins; otherwise the first one with the highest share of fixed tests. */
  private keepBest(action: number): void {
    const { class: outcome, visible_ok, fail_to_pass_fraction } = this.outcomes.get(action);
    const is_green = outcome === 'fixed' && visible_ok;
    if (!is_green && fail_to_pass_fraction <= this.best_fraction) return;
    this.submitted = action;
    this.best_fraction = fail_to_pass_fraction;
  }

  /** Sets and clears mask bits of every action in the same group. */
  private mark({ of, members, offsets }: ActionGroups, action: number, set: number, clear = 0): void {
    const group = of[action]!;
    for (let i = offsets[group]!; i < offsets[group + 1]!; i++) {
      const a = members[i]!;
      this.masks[a] = (this.masks[a]! & ~clear) | set;
    }
  }
}
