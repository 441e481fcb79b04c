import type { MinedEpisode } from './episodes.ts';
import { wilson, zScore } from './statistics.ts';

/** A weakness or strength as a predicate over tasks: operator, syntax around it, and at most one more condition. */
export interface Predicate {
  operator: string;
  context: string;
  /** `key=value`, or null. */
  qualifier: string | null;
}

/** A predicate with what the episodes say of it: what the registry turns into a card. */
export interface Pattern extends Predicate {
  kind: 'strategy' | 'anti_pattern' | 'remediation';
  episodes: MinedEpisode[];
  /** Tasks behind it. */
  task_ids: Set<string>;
  /** Share of its episodes with the outcome the kind is about. */
  rate: number;
  lift: number;
  lift_low: number;
  lift_high: number;
  z: number;
  failure_mode: string;
}

export interface MiningSettings {
  /** Fewest tasks behind a pattern. */
  support: number;
  /** Least standard score against all episodes. */
  z: number;
}

/** Modes in which the Solver cannot be blamed: nothing to learn. */
const blameless = new Set(['ok', 'unrepairable', 'unknown']);

/**
 * Patterns whose outcome is more frequent than among all episodes, strongest first (z, then tasks, then the key).
 * Failures give anti-patterns, partial repairs remediations, successes strategies. Episodes of one task are not
 * independent: intervals count tasks, not episodes; z counts episodes, as the prototype did.
 */
export function mine(episodes: readonly MinedEpisode[], settings: MiningSettings): Pattern[] {
  const wanted: [Pattern['kind'], (e: MinedEpisode) => boolean][] = [
    ['anti_pattern', (e) => e.outcome === 'failure' && !blameless.has(e.failure_mode)],
    ['remediation', (e) => e.outcome === 'partial'],
    ['strategy', (e) => e.outcome === 'success'],
  ];
  // evidence is the first traces of a pattern: by id, whatever order they came in
  const inOrder = episodes.toSorted((a, b) => compare(a.trace_id, b.trace_id));
  return wanted.flatMap(([kind, hit]) => mineKind(kind, inOrder, hit, settings)).sort(strongestFirst);
}

function mineKind(
  kind: Pattern['kind'],
  episodes: readonly MinedEpisode[],
  hit: (e: MinedEpisode) => boolean,
  { support, z }: MiningSettings,
): Pattern[] {
  const base = episodes.filter(hit).length / Math.max(1, episodes.length);
  if (base === 0) return [];
  const groups = new Map<string, { predicate: Predicate; episodes: MinedEpisode[] }>();
  for (const episode of episodes) {
    for (const predicate of predicatesOf(episode)) {
      const key = predicateKey(predicate);
      const group = groups.get(key) ?? { predicate, episodes: [] };
      group.episodes.push(episode);
      groups.set(key, group);
    }
  }
  return [...groups.values()]
    .map((group) => describe(kind, group.predicate, group.episodes, hit, base))
    .filter((pattern) => pattern.task_ids.size >= support && pattern.z >= z);
}

function describe(
  kind: Pattern['kind'],
  predicate: Predicate,
  episodes: MinedEpisode[],
  hit: (e: MinedEpisode) => boolean,
  base: number,
): Pattern {
  const hits = episodes.filter(hit);
  const rate = hits.length / episodes.length;
  const interval = wilson(rate, new Set(episodes.map((e) => e.task_id)).size);
  return {
    ...predicate,
    kind,
    episodes: hits,
    task_ids: new Set(hits.map((e) => e.task_id)),
    rate,
    lift: rate / base,
    lift_low: interval.low / base,
    lift_high: interval.high / base,
    z: zScore(rate, base, episodes.length),
    failure_mode: mostFrequent(hits.map((e) => e.failure_mode)),
  };
}

/** From general to specific. */
const predicatesOf = ({ operator, context, exception, repository, language }: MinedEpisode): Predicate[] => [
  { operator, context: '*', qualifier: null },
  { operator, context, qualifier: null },
  { operator, context, qualifier: `exception=${exception}` },
  { operator, context, qualifier: `repository=${repository}` },
  { operator, context: '*', qualifier: `language=${language}` },
];

export const predicateKey = ({ operator, context, qualifier }: Predicate): string =>
  [operator, context, qualifier ?? ''].join('|');

const strongestFirst = (a: Pattern, b: Pattern): number =>
  b.z - a.z ||
  b.task_ids.size - a.task_ids.size ||
  compare(`${a.kind}|${predicateKey(a)}`, `${b.kind}|${predicateKey(b)}`);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Ties go to the first by name. */
function mostFrequent(values: readonly string[]): string {
  const counts = [...Map.groupBy(values, (v) => v)].map(([value, list]) => ({ value, n: list.length }));
  return counts.sort((a, b) => b.n - a.n || compare(a.value, b.value))[0]?.value ?? 'unknown';
}
