import type { MinedEpisode } from '../../../pipeline/skills/episodes.ts';
import type { Skill } from '../../../schemas/skills.ts';

export interface Plant extends Partial<MinedEpisode> {
  /** Tasks of this kind, and attempts at each. */
  tasks: number;
  attempts?: number;
}

/** Attempts at planted tasks: `tasks` times `attempts` episodes that share everything else. */
export function episodesAt(plants: readonly Plant[]): MinedEpisode[] {
  return plants.flatMap(({ tasks, attempts = 2, ...over }, plant) =>
    Array.from({ length: tasks * attempts }, (_, i) => ({
      trace_id: `trace_${String(plant).padStart(2, '0')}_${String(i).padStart(4, '0')}`,
      task_id: `task_${plant}_${Math.floor(i / attempts)}`,
      repository: 'alpha',
      language: 'python',
      operator: 'arith',
      context: 'binary',
      exception: 'none',
      outcome: 'failure' as const,
      failure_mode: 'wrong_operator',
      step_id: 3,
      ...over,
    })),
  );
}

export const success = { outcome: 'success', failure_mode: 'ok' } as const;

/** Cards as `kind operator context qualifier`, the way a reader sees them. */
export const shortly = (skills: readonly Skill[]): string[] =>
  skills.map((s) => [s.kind, s.operator, s.context, s.qualifier ?? ''].join(' ').trim());
