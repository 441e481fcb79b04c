import type { Skill } from '../../schemas/skills.ts';
import { contentId } from '../hash.ts';
import { cardText } from './cards.ts';
import type { MinedEpisode } from './episodes.ts';
import { farewells, lineageOf } from './lineage.ts';
import { type Pattern, predicateKey } from './mine.ts';
import { jaccard } from './statistics.ts';

export interface RegistrySettings {
  /** Patterns of one kind that share this much of their traces are one skill (δ_sim of METHOD.md 1). */
  similarity: number;
  /** Anti-patterns are kept while each covers at least this many failed tasks that no stronger one covers. */
  new_tasks: number;
  /** Most cards of a kind. */
  most: number;
  round: number;
}

const evidenceLimit = 12;

/** The registry of this round: near-duplicates merged, covered ground left out, lineage from the registry before. */
export function updateRegistry(
  patterns: readonly Pattern[],
  episodes: readonly MinedEpisode[],
  before: readonly Skill[],
  settings: RegistrySettings,
): Skill[] {
  const failed = new Set(episodes.filter((e) => e.outcome !== 'success').map((e) => e.task_id));
  const kept: Pattern[] = [];
  const absorbed = new Map<string, string>();
  for (const pattern of patterns) {
    const twin = kept.find(
      (other) => other.kind === pattern.kind && jaccard(tracesOf(other), tracesOf(pattern)) >= settings.similarity,
    );
    if (twin) absorbed.set(skillId(pattern), skillId(twin));
    else kept.push(pattern);
  }
  const covering = (['anti_pattern', 'remediation', 'strategy'] as const).flatMap((kind) =>
    greedyCover(
      kept.filter((p) => p.kind === kind),
      settings,
    ),
  );
  const known = new Map(before.map((skill) => [skill.skill_id, skill]));
  const cards = covering.map((pattern) => card(pattern, failed, known.get(skillId(pattern)), settings.round));
  return [...cards, ...farewells(before, cards, absorbed)];
}

/** Strongest first, each must add tasks that the ones before do not have. */
function greedyCover(patterns: readonly Pattern[], { new_tasks, most }: RegistrySettings): Pattern[] {
  const covered = new Set<string>();
  return patterns
    .filter((pattern) => {
      const added = [...pattern.task_ids].filter((id) => !covered.has(id));
      if (added.length < new_tasks) return false;
      for (const id of added) covered.add(id);
      return true;
    })
    .slice(0, most);
}

export const skillId = (pattern: Pattern): string => contentId('skill', [pattern.kind, predicateKey(pattern)]);

const tracesOf = (pattern: Pattern): Set<string> => new Set(pattern.episodes.map((e) => e.trace_id));

function card(pattern: Pattern, failed: ReadonlySet<string>, known: Skill | undefined, round: number): Skill {
  const evidence = pattern.episodes.slice(0, evidenceLimit);
  return {
    skill_id: skillId(pattern),
    ...cardText(pattern),
    kind: pattern.kind,
    operator: pattern.operator,
    context: pattern.context,
    qualifier: pattern.qualifier,
    failure_mode: pattern.failure_mode,
    evidence_trace_ids: evidence.map((e) => e.trace_id),
    evidence_steps: evidence.map((e) => `${e.trace_id}#${e.step_id}`),
    support: pattern.task_ids.size,
    attempt_count: pattern.episodes.length,
    failure_rate: pattern.kind === 'strategy' ? 1 - pattern.rate : pattern.rate,
    lift: pattern.lift,
    lift_low: pattern.lift_low,
    lift_high: pattern.lift_high,
    z: pattern.z,
    coverage: failed.size === 0 ? 0 : [...pattern.task_ids].filter((id) => failed.has(id)).length / failed.size,
    lineage: lineageOf(known),
    merged_into: null,
    first_round: known?.first_round ?? round,
    author: 'miner',
  };
}
