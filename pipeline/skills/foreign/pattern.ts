import { wilson, zScore } from '../statistics.ts';
import type { Attempt } from './attempts.ts';

export type ForeignKind =
  | 'wrong_place'
  | 'wrong_repair'
  | 'refused_edit'
  | 'missing_program'
  | 'failing_command'
  | 'fruitful_place'
  | 'unfinished';

/** An attempt as evidence: which step to look at, and what it shows. */
export interface Evidence {
  attempt: Attempt;
  step_id: number;
  note: string;
}

/** What recurs in a repository, with its figures and everything a card may speak of. */
export interface ForeignPattern {
  kind: 'anti_pattern' | 'strategy' | 'remediation';
  about: ForeignKind;
  repo: string;
  /** What tells it from other patterns of its kind in the repository. */
  key: string;
  evidence: Evidence[];
  task_ids: Set<string>;
  /** Share of the attempts with the pattern that ended as its kind says. */
  rate: number;
  base: number;
  lift: number;
  lift_low: number;
  lift_high: number;
  z: number;
  facts: Facts;
}

/** Material for the text; what does not apply is empty. */
export interface Facts {
  /** Where the change belongs. */
  right: string[];
  /** Where it was made instead. */
  wrong: string[];
  /** Words that repairs add and these attempts do not, and the other way round. */
  words_added: string[];
  words_instead: string[];
  /** Command, program or reason that recurs. */
  what: string;
  /** How attempts that succeed run tests here. */
  test_commands: string[];
  /** Names that the issue texts share. */
  issue_words: string[];
  /** Tests that stay red. */
  left_failing: string[];
  opened: number;
  peers: number;
}

export interface ForeignSettings {
  /** Fewest attempts behind a pattern. */
  support: number;
  /** Least standard score against other attempts of its repository. */
  z: number;
}

export const isFailed = (attempt: Attempt): boolean => attempt.outcome !== 'success';
export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Figures of a pattern: attempts that show it against all attempts it is compared with. */
export function measure(
  showing: readonly Attempt[],
  all: readonly Attempt[],
  hit: (attempt: Attempt) => boolean,
): Pick<ForeignPattern, 'rate' | 'base' | 'lift' | 'lift_low' | 'lift_high' | 'z'> {
  const rate = showing.filter(hit).length / showing.length;
  // half an attempt on each side, so that a base of nothing or everything still has a spread
  const base = (all.filter(hit).length + 0.5) / (all.length + 1);
  const interval = wilson(rate, showing.length);
  return {
    rate,
    base,
    lift: rate / base,
    lift_low: interval.low / base,
    lift_high: interval.high / base,
    z: zScore(rate, base, showing.length),
  };
}

/** Facts of a pattern about which nothing is known. */
export const noFacts: Facts = {
  right: [],
  wrong: [],
  words_added: [],
  words_instead: [],
  what: '',
  test_commands: [],
  issue_words: [],
  left_failing: [],
  opened: 0,
  peers: 0,
};
export const tasksOf = (evidence: readonly Evidence[]): Set<string> =>
  new Set(evidence.map((entry) => entry.attempt.task_id));

/** Distinct values, most frequent first, ties by name. */
export function rank(values: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || compare(a[0], b[0])).map(([value]) => value);
}
