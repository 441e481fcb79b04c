import * as z from 'zod';
import { Repositories } from '../../schemas/repositories.ts';
import { Scores } from '../../schemas/scores.ts';
import { type Skill, Skills } from '../../schemas/skills.ts';
import { AnswerKeys, Tasks } from '../../schemas/tasks.ts';
import { mapLimit } from '../concurrency.ts';
import type { Syntax } from '../mutation/types.ts';
import type { Harness, Library } from '../ports.ts';
import type { Random } from '../random.ts';
import { before, bootstrap, current, defineStage, type Progress } from '../stage.ts';
import { type Draw, type DrawSettings, drawer } from '../tasks/draw.ts';
import { type Ground, prepareGround } from '../tasks/ground.ts';
import { learnedLogits } from '../tasks/learned.ts';
import { type Proposal, propose } from '../tasks/propose.ts';

/** Draws are tried in batches of this size; what a batch yields does not depend on how fast its members are. */
const batchSize = 16;

export const generateParams = z.object({
  /** Candidates wanted that at least one test notices. */
  candidates: z.int().min(1),
  /** Draws per wanted candidate before giving up. */
  draws_per_candidate: z.number().min(1).default(4),
  /** Candidates proposed for one sampled (repository, skill). */
  per_draw: z.int().min(1).default(2),
  /** Share of draws that aim at no skill. */
  explore: z.number().min(0).max(1).default(0.1),
  /** Most candidates inside one function. */
  most_per_function: z.int().min(1).default(6),
  /** Learns which operators and contexts align (GRPO on R_G) from the rounds before. */
  learned: z.boolean().default(false),
});

/** Puts bugs into training repositories: skill and repository first, then a site the skill is about, on covered lines. */
export const generate = defineStage({
  name: 'generate',
  version: 4,
  reads: {
    repositories: bootstrap(Repositories),
    skills: current(Skills),
    past_scores: before(Scores),
    past_tasks: before(Tasks),
    past_answer_keys: before(AnswerKeys),
  },
  writes: { tasks: Tasks, answer_keys: AnswerKeys },
  params: generateParams,
  ports: ['library', 'harness', 'syntax'],
  async run({ repositories, skills, past_scores, past_tasks, past_answer_keys }, { params, ports, random, progress }) {
    const { library, harness, syntax } = ports as unknown as { library: Library; harness: Harness; syntax: Syntax };
    const training = repositories.filter((r) => r.status === 'ready' && r.split === 'train');
    const start = { ...harness.executions };
    const grounds = await mapLimit(training, 4, (repository) =>
      prepareGround(repository, { library, harness, syntax }),
    );
    const proposals = await proposeUntil({
      grounds,
      skills,
      settings: {
        ...params,
        logits: params.learned ? learnedLogits(past_scores, past_tasks, past_answer_keys) : undefined,
        taken: new Set(past_tasks.map((task) => task.task_id)),
      },
      random,
      harness,
      split: 'train',
      progress,
    });
    return {
      tables: { tasks: proposals.map((p) => p.task), answer_keys: proposals.map((p) => p.key) },
      usage: {
        executions: harness.executions.asked - start.asked,
        unique_executions: harness.executions.unique - start.unique,
      },
    };
  },
});

export interface ProposeOptions {
  grounds: readonly Ground[];
  skills: readonly Skill[];
  settings: DrawSettings & Pick<z.infer<typeof generateParams>, 'candidates' | 'draws_per_candidate'>;
  random: Random;
  harness: Harness;
  split: 'train' | 'validation' | 'held_out';
  progress: Progress;
}

/** Draws sites and proposes candidates until enough are noticed by a test, or the draws run out. */
export async function proposeUntil({
  grounds,
  skills,
  settings,
  random,
  harness,
  split,
  progress,
}: ProposeOptions): Promise<Proposal[]> {
  const next = drawer(grounds, skills, settings, random);
  const proposals: Proposal[] = [];
  let noticed = 0;
  let left = Math.ceil(settings.candidates * settings.draws_per_candidate);
  while (noticed < settings.candidates && left > 0) {
    const draws = take(next, Math.min(batchSize, left));
    if (draws.length === 0) break;
    left -= draws.length;
    const batch = await mapLimit(draws, 4, ({ ground, site, skill_id }) =>
      propose(ground, site, { split, skill_id, harness }),
    );
    for (const proposal of batch) {
      if (noticed >= settings.candidates) break;
      proposals.push(proposal);
      if (proposal.key.fail_to_pass.length > 0) noticed++;
    }
    progress(noticed, settings.candidates);
  }
  return proposals;
}

function take(next: () => Draw | null, count: number): Draw[] {
  const draws: Draw[] = [];
  while (draws.length < count) {
    const draw = next();
    if (!draw) break;
    draws.push(draw);
  }
  return draws;
}
