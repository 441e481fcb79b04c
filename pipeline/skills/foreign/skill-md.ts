import type { Skill } from '../../../schemas/skills.ts';

/** Folder name of a card: letters, digits and single dashes, at most 64, as skill loaders want it. */
export const folderName = (skill: Pick<Skill, 'name' | 'skill_id'>): string => {
  const slug = skill.name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 48)
    .replace(/-+$/, '');
  return `${slug}-${skill.skill_id.replace(/^skill_/, '').slice(0, 8)}`;
};

const quoted = (text: string): string => JSON.stringify(text.replace(/\s+/g, ' ').trim().slice(0, 1_000));

/** A card as a `SKILL.md`: front matter, when it applies, what to do, and where it was seen. */
export function skillMarkdown(skill: Skill): string {
  return [
    '---',
    `name: ${folderName(skill)}`,
    `description: ${quoted(`${skill.applicability} ${skill.name}.`)}`,
    '---',
    `# ${skill.name}`,
    '',
    skill.description,
    '',
    '## When it applies',
    skill.applicability,
    '',
    '## What to do',
    ...skill.operations.map((operation, index) => `${index + 1}. ${operation}`),
    '',
    '## Evidence',
    `${skill.attempt_count} attempt${skill.attempt_count === 1 ? '' : 's'} at ${skill.support} task${skill.support === 1 ? '' : 's'}; lift ${skill.lift.toFixed(2)} [${skill.lift_low.toFixed(2)}, ${skill.lift_high.toFixed(2)}]; ${skill.kind}, written by ${skill.author}.`,
    '',
    ...skill.evidence_steps.map((step) => `- ${step}`),
    '',
  ].join('\n');
}
