import type { Skill } from '../../schemas/skills.ts';
import type { Random } from '../random.ts';
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
  const isFree = ({ repository_id, edit }: Site) => !settings.taken?.has(taskIdOf(repository_id, edit));
  const pools = grounds.map((ground): Pool => ({ ground, sites: sitesOf(ground).filter(isFree) }));
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
  const { logits = NO_PREFERENCE } = settings;
  const skill = random() < settings.explore ? undefined : pickSkill(pool, skills, random);
  const matching = skill
    ? pool.sites.filter((site) => isAbout(skill, site, pool.ground))
    : familyOf(pool.sites, random, logits);
  const draws: Draw[] = [];
  const count = skill ? settings.per_draw : 1;
  for (let i = 0; i < count && matching.length > 0; i++) {
    const weights = matching.map(({ edit }) => generatorWeight(logits, { operator: '', context: edit.context }));
    const [site] = matching.splice(pickWeighted(weights, random), 1) as [Site];
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
  if (usable.length === 0) return undefined;
  const masses = usable.map((skill) => skill.failure_rate * skill.attempt_count);
  return usable[pickWeighted(masses, random)];
}

function familyOf(sites: readonly Site[], random: Random, logits: GeneratorLogits): Site[] {
  const families = Map.groupBy(sites, (site) => site.edit.operator);
  const operators = [...families.keys()].sort();
  const weights = operators.map((operator) => generatorWeight(logits, { operator, context: '' }));
  return [...families.get(operators[pickWeighted(weights, random)]!)!];
}

/** Index drawn in proportion to the weights. */
function pickWeighted(weights: readonly number[], random: Random): number {
  const point = random() * weights.reduce((sum, weight) => sum + weight, 0);
  let passed = 0;
  const found = weights.findIndex((weight) => {
    passed += weight;
    return point < passed;
  });
  return found < 0 ? weights.length - 1 : found;
}

const pick = <T>(items: readonly T[], random: Random): T => items[Math.floor(random() * items.length)]!;
