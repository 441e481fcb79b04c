import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadSyntax } from '../../../pipeline/mutation/index.ts';
import type { Language } from '../../../pipeline/ports.ts';
import { seededRandom } from '../../../pipeline/random.ts';
import { type Draw, type DrawSettings, drawer, isAbout } from '../../../pipeline/tasks/draw.ts';
import { type Ground, type Site, sitesOf } from '../../../pipeline/tasks/ground.ts';
import { taskIdOf } from '../../../pipeline/tasks/propose.ts';
import type { Repository } from '../../../schemas/repositories.ts';
import type { Skill } from '../../../schemas/skills.ts';
import { projectFiles, textOf } from '../../sources.ts';

let grounds: Ground[];
/** The tiny libraries as if every line of every file were covered: drawing needs no run. */
beforeAll(async () => {
  const syntax = await loadSyntax();
  const groundAt = (language: Language, folder: string, pattern: RegExp): Ground => {
    const paths = projectFiles().filter((path) => path.startsWith(folder) && pattern.test(path));
    const sources = new Map(paths.map((path) => [path.slice(folder.length), textOf(path)]));
    const modules = new Map([...sources].map(([path, text]) => [path, syntax.parse(language, path, text)]));
    const everything = Object.fromEntries(
      [...sources].map(([path, text]) => [path, text.split('\n').map((_, i) => i + 1)]),
    );
    const repository = {
      repository_id: `repo_${language}`,
      name: `tiny-${language}`,
      language,
      tests: ['t'],
    } as unknown as Repository;
    return { repository, sources, modules, coverage: new Map([['t', everything]]) };
  };
  grounds = [
    groundAt('python', 'tests/fixtures/tiny-python/', /tally\/(basket|wording)\.py$/),
    groundAt('javascript', 'tests/fixtures/tiny-javascript/', /lib\/(interval|duration)\.js$/),
  ];
});

const settings: DrawSettings = { per_draw: 2, explore: 0.3, most_per_function: 1000 };
const skill = (over: Partial<Skill>): Skill =>
  ({
    skill_id: `skill_${JSON.stringify(over)}`,
    kind: 'anti_pattern',
    lineage: 'new',
    operator: 'cmp_flip',
    context: '*',
    qualifier: null,
    failure_rate: 0.5,
    attempt_count: 10,
    ...over,
  }) as Skill;
const anySkill = fc
  .record({
    operator: fc.constantFrom('cmp_flip', 'const_int', 'name_swap', 'guard_del', 'absent'),
    context: fc.constantFrom('*', 'compare', 'integer'),
    qualifier: fc.constantFrom(null, 'repository=tiny-python', 'language=javascript', 'exception=KeyError'),
    kind: fc.constantFrom('anti_pattern' as const, 'remediation' as const, 'strategy' as const),
    lineage: fc.constantFrom('new' as const, 'carried' as const, 'retired' as const, 'merged' as const),
    failure_rate: fc.double({ min: 0, max: 1, noNaN: true }),
    attempt_count: fc.nat({ max: 50 }),
  })
  .map(skill);
const world = fc.record({
  skills: fc.array(anySkill, { maxLength: 4 }),
  explore: fc.double({ min: 0, max: 1, noNaN: true }),
  per_draw: fc.integer({ min: 1, max: 4 }),
  most_per_function: fc.integer({ min: 1, max: 30 }),
  seed: fc.string(),
});

const key = ({ site }: Draw): string => taskIdOf(site.repository_id, site.edit);
function drain(next: () => Draw | null, most = Number.POSITIVE_INFINITY): Draw[] {
  const draws: Draw[] = [];
  for (let draw = next(); draw && draws.length < most; draw = next()) draws.push(draw);
  return draws;
}

describe('drawer', () => {
  it('never gives a site twice, and gives every one in the end', () => {
    const wanted = grounds.flatMap((ground) => sitesOf(ground).map((site) => taskIdOf(site.repository_id, site.edit)));
    const skills = [skill({ operator: 'name_swap' }), skill({ operator: 'cmp_flip' })];
    const found = drain(drawer(grounds, skills, settings, seededRandom('all'))).map(key);
    expect(new Set(found).size).toBe(found.length);
    expect([...found].sort()).toEqual([...new Set(wanted)].sort());
  });

  it('keeps its promises whatever the skills', () => {
    fc.assert(
      fc.property(world, ({ skills, seed, ...rest }) => {
        const draws = drain(drawer(grounds, skills, rest, seededRandom(seed)), 120);
        expect(new Set(draws.map(key)).size).toBe(draws.length);
        const byId = new Map(skills.map((s) => [s.skill_id, s]));
        for (const { skill_id, site, ground } of draws) {
          if (skill_id === null) continue;
          const aimed = byId.get(skill_id)!;
          expect(isAbout(aimed, site, ground)).toBe(true);
          expect(['retired', 'merged']).not.toContain(aimed.lineage);
          expect(aimed.kind).not.toBe('strategy');
        }
        const places = Map.groupBy(
          draws,
          ({ site }) => `${site.repository_id} ${site.edit.path} ${site.edit.function_name}`,
        );
        for (const list of places.values()) expect(list.length).toBeLessThanOrEqual(rest.most_per_function);
      }),
      { numRuns: 60 },
    );
  });

  it('gives the same draws for the same seed, others for another', () => {
    const draws = (seed: string) => drain(drawer(grounds, [skill({})], settings, seededRandom(seed)), 60).map(key);
    expect(draws('a')).toEqual(draws('a'));
    expect(draws('a')).not.toEqual(draws('b'));
  });

  it('draws the others as before when coverage has a few lines less', () => {
    const gaps = grounds.map((ground, index): Ground => {
      const everything = ground.coverage.get('t')!;
      const fewer = Object.entries(everything).map(([path, lines]) => [
        path,
        lines.filter((line) => line % 40 !== index),
      ]);
      return { ...ground, coverage: new Map([['t', Object.fromEntries(fewer)]]) };
    });
    const skills = [skill({ operator: 'name_swap' }), skill({ operator: 'cmp_flip' })];
    const count = 60;
    for (let seed = 0; seed < 10; seed++) {
      const [all, some] = [grounds, gaps].map(
        (each) => new Set(drain(drawer(each, skills, settings, seededRandom(`gap ${seed}`)), count).map(key)),
      ) as [Set<string>, Set<string>];
      expect(all.intersection(some).size).toBeGreaterThan(0.8 * count);
    }
    const lost = gaps.flatMap(sitesOf).length / grounds.flatMap(sitesOf).length;
    expect(lost).toBeLessThan(1);
  });

  it('aims when it does not explore, and only explores when there is nothing to aim at', () => {
    const aimed = drain(
      drawer(grounds, [skill({ operator: 'name_swap' })], { ...settings, explore: 0 }, seededRandom('x')),
      40,
    );
    expect(new Set(aimed.map((d) => d.site.edit.operator))).toEqual(new Set(['name_swap']));
    const lost = drain(
      drawer(grounds, [skill({ operator: 'absent' })], { ...settings, explore: 0 }, seededRandom('x')),
      40,
    );
    expect(new Set(lost.map((d) => d.skill_id))).toEqual(new Set([null]));
    const wandering = drain(
      drawer(grounds, [skill({ operator: 'name_swap' })], { ...settings, explore: 1 }, seededRandom('x')),
      40,
    );
    expect(new Set(wandering.map((d) => d.skill_id))).toEqual(new Set([null]));
  });

  it('draws the weaker skill more often', () => {
    const skills = [
      skill({ operator: 'name_swap', failure_rate: 0.9, attempt_count: 30 }),
      skill({ operator: 'const_int', failure_rate: 0.1, attempt_count: 10 }),
    ];
    const counts = [0, 0];
    for (let seed = 0; seed < 200; seed++) {
      const draw = drawer(grounds, skills, { ...settings, explore: 0 }, seededRandom(`w${seed}`))()!;
      counts[draw.site.edit.operator === 'name_swap' ? 0 : 1]!++;
    }
    expect(counts[0]).toBeGreaterThan(180);
    expect(counts[1]).toBeGreaterThan(0);
  });

  it('explores operator families evenly, rare ones too', () => {
    const first = Array.from(
      { length: 400 },
      (_, i) => drawer(grounds, [], { ...settings, explore: 1 }, seededRandom(`f${i}`))()!,
    );
    const families = Map.groupBy(first, (d) => d.site.edit.operator);
    const sites: Site[] = grounds.flatMap(sitesOf);
    const share = sites.filter((s) => s.edit.operator === 'name_swap').length / sites.length;
    expect(share).toBeGreaterThan(0.1);
    expect((families.get('name_swap')?.length ?? 0) / 400).toBeLessThan(share);
    expect(families.size).toBeGreaterThan(12);
  });

  it('never makes a bug that was made before', () => {
    const before = drain(drawer(grounds, [], settings, seededRandom('one')), 50).map(key);
    const taken = new Set(before);
    const after = drain(drawer(grounds, [], { ...settings, taken }, seededRandom('one')), 50).map(key);
    expect(after.filter((id) => taken.has(id))).toEqual([]);
    expect(after).toHaveLength(50);
  });

  it('ends when nothing is left, and stays ended', () => {
    const next = drawer([], [], settings, seededRandom('x'));
    expect([next(), next()]).toEqual([null, null]);
  });
});
