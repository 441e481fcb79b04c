import type { Skill } from '../../schemas/skills.ts';

const stands = (skill: Skill): boolean => skill.lineage !== 'retired' && skill.lineage !== 'merged';

/** Whether a card that stands now stood in the round before. */
export const lineageOf = (known: Skill | undefined): 'carried' | 'new' =>
  known !== undefined && stands(known) ? 'carried' : 'new';

/**
 * Cards of the round before that no longer stand on their own keep a row: merged into another, or retired.
 * `absorbed` gives the id of the card that took the place of another.
 */
export function farewells(
  before: readonly Skill[],
  cards: readonly Skill[],
  absorbed: ReadonlyMap<string, string>,
): Skill[] {
  const standing = new Set(cards.map(({ skill_id }) => skill_id));
  return before
    .filter((skill) => stands(skill) && !standing.has(skill.skill_id))
    .map((skill) => {
      const into = absorbed.get(skill.skill_id);
      return into !== undefined && standing.has(into)
        ? { ...skill, lineage: 'merged', merged_into: into }
        : { ...skill, lineage: 'retired', merged_into: null };
    });
}
