import type { Skill } from '../../../schemas/skills.ts';
import { contentId } from '../../hash.ts';
import { farewells, lineageOf } from '../lineage.ts';
import { jaccard } from '../statistics.ts';
import type { Attempt } from './attempts.ts';
import { type CardText, foreignCard } from './cards.ts';
import type { Evidence, ForeignPattern } from './pattern.ts';
import { NameIndex, tooGeneral } from './specific.ts';

export interface ForeignRegistrySettings {
  /** Patterns of one kind that share this much of their traces are one skill. */
  similarity: number;
  /** Attempts a card must add to those that stronger cards about the same kind of thing cover. */
  new_traces: number;
  /** Most cards about one kind of thing: wrong places, refused edits ... */
  most: number;
  round: number;
}

export interface ForeignRegistry {
  skills: Skill[];
  /** Cards that were refused, with the reason. */
  refused: { name: string; reason: string }[];
}

/** Writes the prose of a card; the miner's own when left out. */
export type WriteCard = (pattern: ForeignPattern, draft: CardText) => Promise<{ text: CardText; author: string }>;

const evidenceLimit = 12;

/** Cards out of patterns: too general ones refused, near-duplicates merged, covered ground left out, lineage carried on. */
export async function foreignRegistry(
  patterns: readonly ForeignPattern[],
  attempts: readonly Attempt[],
  before: readonly Skill[],
  settings: ForeignRegistrySettings,
  write?: WriteCard,
): Promise<ForeignRegistry> {
  const index = new NameIndex(attempts);
  const failed = new Set(
    attempts.filter((attempt) => attempt.outcome !== 'success').map((attempt) => attempt.trace_id),
  );
  const refused: ForeignRegistry['refused'] = [];
  const specific = patterns.filter((pattern) => {
    const text = foreignCard(pattern);
    const reason = tooGeneral(text, pattern, index);
    if (reason) refused.push({ name: text.name, reason });
    return reason === null;
  });
  const { kept, absorbed } = mergeTwins(specific, settings.similarity);
  const standing = [...Map.groupBy(kept, (pattern) => pattern.about).values()].flatMap((alike) =>
    cover(alike, settings),
  );
  const known = new Map(before.map((skill) => [skill.skill_id, skill]));
  const skills: Skill[] = [];
  for (const pattern of standing) {
    const draft = foreignCard(pattern);
    const { text, author } = write ? await write(pattern, draft) : { text: draft, author: 'miner' };
    skills.push(card(pattern, text, author, failed, known.get(foreignId(pattern)), settings.round));
  }
  return { skills: [...skills, ...farewells(before, skills, absorbed)], refused };
}

export const foreignId = (pattern: ForeignPattern): string =>
  contentId('skill', [pattern.kind, pattern.about, pattern.repo, pattern.key]);

const tracesOf = (pattern: ForeignPattern): Set<string> =>
  new Set(pattern.evidence.map((entry) => entry.attempt.trace_id));

function mergeTwins(
  patterns: readonly ForeignPattern[],
  similarity: number,
): { kept: ForeignPattern[]; absorbed: Map<string, string> } {
  const kept: ForeignPattern[] = [];
  const absorbed = new Map<string, string>();
  for (const pattern of patterns) {
    const twin = kept.find(
      (other) =>
        other.kind === pattern.kind &&
        other.repo === pattern.repo &&
        jaccard(tracesOf(other), tracesOf(pattern)) >= similarity,
    );
    if (twin) absorbed.set(foreignId(pattern), foreignId(twin));
    else kept.push(pattern);
  }
  return { kept, absorbed };
}

/** Greedy set cover: always the pattern that adds most attempts, strongest first among equals, until none adds enough. */
function cover(patterns: readonly ForeignPattern[], { new_traces, most }: ForeignRegistrySettings): ForeignPattern[] {
  const covered = new Set<string>();
  const left = [...patterns];
  const chosen: ForeignPattern[] = [];
  while (chosen.length < most && left.length > 0) {
    const gains = left.map((pattern) => [...tracesOf(pattern)].filter((trace) => !covered.has(trace)).length);
    const best = gains.reduce(
      (at, gain, i) => (gain * Math.max(0.1, left[i]!.z) > gains[at]! * Math.max(0.1, left[at]!.z) ? i : at),
      0,
    );
    if (gains[best]! < new_traces) {
      left.splice(best, 1);
      continue;
    }
    const [pattern] = left.splice(best, 1);
    for (const trace of tracesOf(pattern!)) covered.add(trace);
    chosen.push(pattern!);
  }
  return chosen;
}

const stepOf = ({ attempt, step_id }: Evidence): string => `${attempt.trace_id}#${step_id}`;

function card(
  pattern: ForeignPattern,
  text: CardText,
  author: string,
  failed: ReadonlySet<string>,
  known: Skill | undefined,
  round: number,
): Skill {
  const evidence = pattern.evidence.slice(0, evidenceLimit);
  const covers = [...tracesOf(pattern)].filter((trace) => failed.has(trace)).length;
  return {
    skill_id: foreignId(pattern),
    ...text,
    kind: pattern.kind,
    operator: pattern.about,
    context: pattern.repo,
    qualifier: `${pattern.about === 'failing_command' || pattern.about === 'missing_program' ? 'command' : 'place'}=${pattern.key}`,
    failure_mode: pattern.about,
    evidence_trace_ids: evidence.map((entry) => entry.attempt.trace_id),
    evidence_steps: evidence.map(stepOf),
    support: pattern.task_ids.size,
    attempt_count: pattern.evidence.length,
    failure_rate: pattern.kind === 'strategy' ? 1 - pattern.rate : pattern.rate,
    lift: pattern.lift,
    lift_low: pattern.lift_low,
    lift_high: pattern.lift_high,
    z: pattern.z,
    coverage: failed.size === 0 ? 0 : covers / failed.size,
    lineage: lineageOf(known),
    merged_into: null,
    first_round: known?.first_round ?? round,
    author,
  };
}
