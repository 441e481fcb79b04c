import type { Repository } from '../../schemas/repositories.ts';
import { canonicalJson } from '../hash.ts';
import type { Syntax } from '../mutation/types.ts';
import type { Harness, Library } from '../ports.ts';
import { Arena } from './arena.ts';
import type { ArenaPort } from './attempt.ts';

/** Raise it when actions or features of the same task should come out differently. */
const arenaVersion = 3;

/** Arenas by repositories: stages of one process that read the same table share the opened tasks. */
export function arenaPort(options: { harness: Harness; library: Library; syntax: Syntax; buckets: number }): ArenaPort {
  const arenas = new Map<string, Arena>();
  return {
    id: `arena/${arenaVersion} buckets=${options.buckets}`,
    of: (repositories: readonly Repository[]) => {
      const key = canonicalJson(repositories.map((r) => [r.repository_id, r.tests]));
      const known = arenas.get(key);
      if (known) return known;
      const arena = new Arena({ ...options, repositories });
      arenas.set(key, arena);
      return arena;
    },
  };
}
