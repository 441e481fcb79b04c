import type { Skill } from '../../schemas/skills.ts';
import type { Random } from '../random.ts';
import { type Ground, type Site, sitesOf } from './ground.ts';

export interface DrawSettings {
  per_draw: number;
  explore: number;
  most_per_function: number;
}

export interface Draw {
  ground: Ground;
  site: Site;
  /** Skill the draw aimed at, null when it explored. */
  skill_id: string | null;
}

/** Sites of one repository that are still free, by operator and by (operator, context). */
interface Pool {
  ground: Ground;
  sites: Site[];
}

/**
 * Draws bug sites without replacement: a repository evenly, then with probability 1 - explore a skill by its
 * weakness (failure rate times support) and one of the sites it is about, otherwise an operator family evenly and one
 * of its sites (family first: sites alone are 40 % swapped names). Null when nothing is left.
 */
export function drawer(
  grounds: readonly Ground[],
  skills: readonly Skill[],
  settings: DrawSettings,
  random: Random,
): () => Draw | null {
  const pools = grounds.map((ground): Pool => ({ ground, sites: sitesOf(ground) }));
  const aims = skills.filter(
    (skill) => skill.lineage !== 'retired' && skill.lineage !== 'merged' && skill.kind !== 'strategy',
  );
  const queue: Draw[] = [];
  const perFunction = new Map<string, number>();
  return () => {
    while (queue.length === 0) {
      const open = pools.filter((pool) => pool.sites.length > 0);
      if (open.length === 0) return null;
      queue.push(...drawFrom(pick(open, random), aims, settings, random, perFunction));
    }
    return queue.shift()!;
  };
}

function drawFrom(
  pool: Pool,
  skills: readonly Skill[],
  settings: DrawSettings,
  random: Random,
  perFunction: Map<string, number>,
): Draw[] {
  const skill = random() < settings.explore ? undefined : pickSkill(pool, skills, random);
  const matching = skill
    ? pool.sites.filter((site) => isAbout(skill, site, pool.ground))
    : familyOf(pool.sites, random);
  const draws: Draw[] = [];
  const count = skill ? settings.per_draw : 1;
  for (let i = 0; i < count && matching.length > 0; i++) {
    const [site] = matching.splice(Math.floor(random() * matching.length), 1) as [Site];
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

function pickSkill(pool: Pool, skills: readonly Skill[], random: Random): Skill | undefined {
  const usable = skills.filter((skill) => pool.sites.some((site) => isAbout(skill, site, pool.ground)));
  const masses = usable.map((skill) => skill.failure_rate * skill.attempt_count);
  const point = random() * masses.reduce((sum, mass) => sum + mass, 0);
  let passed = 0;
  return usable.find((_, index) => {
    passed += masses[index]!;
    return point <= passed;
  });
}

function familyOf(sites: readonly Site[], random: Random): Site[] {
  const families = Map.groupBy(sites, (site) => site.edit.operator);
  return [...families.get(pick([...families.keys()].sort(), random))!];
}

const pick = <T>(items: readonly T[], random: Random): T => items[Math.floor(random() * items.length)]!;
