import * as z from 'zod';
import { Repositories } from '../../schemas/repositories.ts';
import { Skills } from '../../schemas/skills.ts';
import { AnswerKeys, Tasks } from '../../schemas/tasks.ts';
import { Traces } from '../../schemas/traces.ts';
import { episodesOf } from '../skills/episodes.ts';
import { mine } from '../skills/mine.ts';
import { updateRegistry } from '../skills/registry.ts';
import { before, bootstrap, defineStage, previous } from '../stage.ts';

export const distillParams = z.object({
  /** Fewest tasks behind a card. */
  support: z.int().min(1).default(3),
  /** Least standard score of its outcome against all attempts. */
  z: z.number().default(1.5),
  /** Patterns that share this much of their traces are one skill. */
  similarity: z.number().min(0).max(1).default(0.7),
  /** Tasks a card must add to what stronger cards cover. */
  new_tasks: z.int().min(1).default(2),
  /** Most cards of a kind. */
  most: z.int().min(1).default(12),
});

/** Reads the traces of the round before into skill cards. */
export const distill = defineStage({
  name: 'distill',
  version: 1,
  reads: {
    repositories: bootstrap(Repositories),
    traces: previous(Traces),
    tasks: before(Tasks),
    answer_keys: before(AnswerKeys),
    registry: previous(Skills),
  },
  writes: { skills: Skills },
  params: distillParams,
  ports: [],
  run({ repositories, traces, tasks, answer_keys, registry }, { params, round }) {
    const names = new Map(repositories.map((r) => [r.repository_id, r.name]));
    const episodes = episodesOf({ traces, tasks, answer_keys, names });
    const patterns = mine(episodes, params);
    return { tables: { skills: updateRegistry(patterns, episodes, registry, { ...params, round }) } };
  },
});
