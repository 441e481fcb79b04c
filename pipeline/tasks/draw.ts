import type { Skill } from '../../schemas/skills.ts';
import { type Random, raced, uniformOf } from '../random.ts';
import { type GeneratorLogits, generatorWeight, NO_PREFERENCE } from '../training/generator.ts';
import { type Ground, type Site, sitesOf } from './ground.ts';
import { taskIdOf } from './propose.ts';

export interface DrawSettings {
  per_draw: number;
  explore: number;
  most_per_function: number;
  /** Tasks that were made before: their bugs are not made again. */
  taken?: ReadonlySet<string>;
  /** What the Generator has learnt to prefer; nothing when left out. */
  logits?: GeneratorLogits;
}

export interface Draw {
  ground: Ground;
  site: Site;
  /** Skill the draw aimed at, null when it explored. */
  skill_id: string | null;
}

/** Sites of one repository that are still free, in the order in which they come up. */
interface Pool {
  ground: Ground;
  sites: Site[];
}

/**
 * Draws bug sites without replacement: a repository evenly, then with probability 1 - explore a skill by its
 * weakness (failure rate times support) and one of the sites it is about, otherwise an operator family evenly and one
 * of its sites (family first: sites alone are 40 % swapped names). Null when nothing is left.
 *
 * Every chance belongs to the name of what is drawn and to the turn: coverage can have a line more in another run
 * (threads, timers), and then a site more or less must not change all other draws.
 */
export function drawer(
  grounds: readonly Ground[],
  skills: readonly Skill[],
  settings: DrawSettings,
  random: Random,
): () => Draw | null {
  const seed = String(random());
  const pools = grounds.map((ground) => poolOf(ground, settings, seed));
  const aims = skills.filter(
    (skill) => skill.lineage !== 'retired' && skill.lineage !== 'merged' && skill.kind !== 'strategy',
  );
  const queue: Draw[] = [];
  const perFunction = new Map<string, number>();
  let turn = 0;
  return () => {
    while (queue.length === 0) {
      const chance = `${seed} ${turn++}`;
      const open = pools.filter((pool) => pool.sites.length > 0);
      const [pool] = raced(open, { chance, name: ({ ground }) => ground.repository.repository_id });
      if (pool === undefined) return null;
      queue.push(...drawFrom(pool, aims, settings, chance, perFunction));
    }
    return queue.shift()!;
  };
}

function poolOf(ground: Ground, { taken, logits = NO_PREFERENCE }: DrawSettings, seed: string): Pool {
  const named = sitesOf(ground).map((site) => ({ site, task_id: taskIdOf(site.repository_id, site.edit) }));
  const order = raced(
    named.filter(({ task_id }) => !taken?.has(task_id)),
    {
      chance: seed,
      // Two operators can make the same edit.
      name: ({ site, task_id }) => `${task_id} ${site.edit.operator}`,
      weight: ({ site }) => generatorWeight(logits, { operator: '', context: site.edit.context }),
    },
  );
  return { ground, sites: order.map(({ site }) => site) };
}

function drawFrom(
  pool: Pool,
  skills: readonly Skill[],
  settings: DrawSettings,
  chance: string,
  perFunction: Map<string, number>,
): Draw[] {
  const explores = uniformOf(`${chance} explore`) < settings.explore;
  const skill = explores ? undefined : pickSkill(pool, skills, chance);
  const matching = skill
    ? pool.sites.filter((site) => isAbout(skill, site, pool.ground))
    : familyOf(pool.sites, chance, settings.logits);
  const draws: Draw[] = [];
  for (const site of matching.slice(0, skill ? settings.per_draw : 1)) {
    pool.sites.splice(pool.sites.indexOf(site), 1);
    const place = `${site.repository_id} ${site.edit.path} ${site.edit.function_name}`;
    const used = perFunction.get(place) ?? 0;
    if (used >= settings.most_per_function) continue;
    perFunction.set(place, used + 1);
    draws.push({ ground: pool.ground, site, skill_id: skill?.skill_id ?? null });
  }
  return draws;
}

/** Whether a bug at this site drills the skill. */
export function isAbout(skill: Pick<Skill, 'operator' | 'context' | 'qualifier'>, site: Site, ground: Ground): boolean {
  if (site.edit.operator !== skill.operator) return false;
  if (skill.context !== '*' && site.edit.context !== skill.context) return false;
  const [key, value] = skill.qualifier?.split('=') ?? [];
  if (key === 'repository') return ground.repository.name === value;
  if (key === 'language') return ground.repository.language === value;
  return true;
}

function pickSkill(pool: Pool, skills: readonly Skill[], chance: string): Skill | undefined {
  const usable = skills.filter((skill) => pool.sites.some((site) => isAbout(skill, site, pool.ground)));
  const weight = (skill: Skill): number => skill.failure_rate * skill.attempt_count;
  return raced(usable, { chance, name: ({ skill_id }) => skill_id, weight })[0];
}

function familyOf(sites: readonly Site[], chance: string, logits: GeneratorLogits = NO_PREFERENCE): Site[] {
  const families = Map.groupBy(sites, (site) => site.edit.operator);
  const weight = (operator: string): number => generatorWeight(logits, { operator, context: '' });
  const [operator] = raced([...families.keys()], { chance, name: String, weight });
  return families.get(operator!)!;
}
