import type { Skill } from '../../../schemas/skills.ts';
import { type ForeignPattern, rank } from './pattern.ts';

/** The four fields of a card (METHOD.md 2). */
export type CardText = Pick<Skill, 'name' | 'description' | 'applicability' | 'operations'>;

const code = (word: string): string => `\`${word}\``;
const list = (words: readonly string[]): string => words.map(code).join(', ');
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
/** Last part of a place, two where the last alone says nothing. */
const short = (place: string): string =>
  place
    .split('/')
    .slice(/(?:^|\/)(?:__init__|index|mod|base|utils|models)\.\w+(?:::|$)/.test(place) ? -2 : -1)
    .join('/');
const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** The card of a pattern, out of its own names and figures. */
export function foreignCard(pattern: ForeignPattern): CardText {
  const { repo, evidence, task_ids, facts } = pattern;
  const attempts = `${counted(evidence.length, 'attempt')} at ${[...task_ids].sort().slice(0, 4).join(', ')}${task_ids.size > 4 ? ` and ${task_ids.size - 4} more tasks` : ''}`;
  /** The verb that agrees with the number of attempts. */
  const verb = (plural: string): string => (evidence.length === 1 ? `${plural}s` : plural);
  const word = pattern.kind === 'strategy' ? 'resolved' : pattern.kind === 'remediation' ? 'partial' : 'failed';
  const figures = `${percent(pattern.rate)} ${word} against ${percent(pattern.base)} otherwise, lift ${pattern.lift.toFixed(2)} [${pattern.lift_low.toFixed(2)}, ${pattern.lift_high.toFixed(2)}]`;
  const models = rank(evidence.map((entry) => entry.attempt.model))
    .slice(0, 3)
    .join(', ');
  const issue = facts.issue_words.length > 0 ? ` The issue speaks of ${list(facts.issue_words)}.` : '';
  const runTests = facts.test_commands.length > 0 ? [`run the tests with ${code(facts.test_commands[0]!)}`] : [];
  switch (pattern.about) {
    case 'wrong_place':
      return {
        name: `${repo}: changes ${short(facts.wrong[0] ?? '')} where ${short(facts.right[0]!)} is at fault`,
        description: `${attempts} (${models}) ${verb('change')} ${list(facts.wrong)} and never ${list(facts.right.slice(0, 3))}, which ${facts.peers} attempts that resolved it all change; ${facts.opened} of ${evidence.length} had opened the file (${figures}).`,
        applicability: `A defect in ${repo} that shows in ${list(facts.wrong.slice(0, 2))}.${issue}`,
        operations: [
          `open ${code(facts.right[0]!)} before changing ${code(facts.wrong[0] ?? '')}`,
          `follow the value from ${code(short(facts.wrong[0] ?? ''))} back to ${code(short(facts.right[0]!))}`,
          `change ${list(facts.right.slice(0, 3))}`,
          ...runTests,
        ],
      };
    case 'wrong_repair':
      return {
        name: `${repo}: ${short(facts.right[0]!)} without ${facts.words_added[0]}`,
        description: `${attempts} (${models}) ${verb('change')} ${list(facts.right.slice(0, 2))}${facts.words_instead.length > 0 ? ` and ${verb('add')} ${list(facts.words_instead)}` : ''}, but none of ${list(facts.words_added)}, which attempts that resolved it add there (${figures}).${facts.left_failing.length > 0 ? ` Still red: ${list(facts.left_failing.slice(0, 2))}.` : ''}`,
        applicability: `A change to ${code(facts.right[0]!)}.${issue}`,
        operations: [
          `open ${code(facts.right[0]!)}`,
          `check whether the repair needs ${list(facts.words_added)}`,
          ...(facts.words_instead.length > 0
            ? [`do not stop at ${list(facts.words_instead.slice(0, 3))}: that alone has failed`]
            : []),
          ...runTests,
        ],
      };
    case 'refused_edit':
      return {
        name: `${repo}: edits of ${short(facts.wrong[0]!)} are refused (${facts.what})`,
        description: `${attempts} (${models}) had two or more edits of ${code(facts.wrong[0]!)} refused with ${code(facts.what)} (${figures}).`,
        applicability: `Editing ${code(facts.wrong[0]!)} by line numbers${facts.right.length > 0 ? `, most often around ${list(facts.right)}` : ''}.`,
        operations: [
          `open ${code(facts.wrong[0]!)} at the lines to change and read their indentation`,
          `replace whole statements of ${code(short(facts.right[0] ?? facts.wrong[0]!))} with the indentation they have`,
          `after ${code(facts.what)} look at the lines again before the next edit: the numbers have not moved`,
          ...runTests,
        ],
      };
    case 'missing_program':
      return {
        name: `${repo}: ${facts.what} is not installed`,
        description: `${attempts} (${models}) ${verb('call')} ${code(facts.what)}, which is not there (${figures}).`,
        applicability: `Working on ${repo} where ${code(facts.what)} is not on the path${facts.wrong.length > 0 ? `, for example while changing ${list(facts.wrong)}` : ''}.`,
        operations: [
          `do not call ${code(facts.what)}`,
          `check a change to ${list(facts.wrong.slice(0, 2))} by reading its callers and tests`,
          'hand in a patch that compiles by inspection: imports, types and overrides of every changed method',
        ],
      };
    case 'failing_command':
      return {
        name: `${repo}: ${facts.what} does not run the tests`,
        description: `${attempts} (${models}) ${verb('run')} the tests with ${code(facts.what)} and get ${list(facts.wrong)}; attempts that resolved tasks here use ${list(facts.test_commands)} (${figures}).`,
        applicability: `Running tests of ${repo}.`,
        operations: [
          `do not use ${code(facts.what)} in ${repo}`,
          ...facts.test_commands.map((command) => `run ${code(command)} with the module of the test`),
        ],
      };
    case 'fruitful_place':
      return {
        name: `${repo}: repair in ${short(facts.right[0]!)}`,
        description: `${attempts} (${models}) ${verb('change')} ${code(facts.right[0]!)} and ${evidence.length === 1 ? 'is' : 'are'} resolved, ${evidence.length} of ${facts.peers} that change it (${figures}). Their changes add ${list(facts.words_added)}.`,
        applicability: `A task in ${repo} about ${code(facts.right[0]!)}.${issue}`,
        operations: [
          `open ${code(facts.right[0]!)}`,
          ...(facts.right.length > 1 ? [`look at ${list(facts.right.slice(1, 3))}`] : []),
          `consider ${list(facts.words_added.slice(0, 3))}`,
          ...runTests,
        ],
      };
    case 'unfinished':
      return {
        name: `${repo}: half a repair in ${short(facts.right[0]!)}`,
        description: `${attempts} (${models}) ${verb('change')} ${list(facts.right)} and ${verb('mend')} some of the failing tests; ${list(facts.left_failing.slice(0, 3))} stay red (${figures}).`,
        applicability: `A change to ${code(facts.right[0]!)} after which only some of the failing tests pass.`,
        operations: [
          `keep the change to ${code(facts.right[0]!)}`,
          `read ${code(facts.left_failing[0] ?? facts.right[0]!)} and find the second thing it asks for`,
          ...(facts.right.length > 1 ? [`look at ${list(facts.right.slice(1))} too`] : []),
          ...runTests,
        ],
      };
  }
}

/** Code names in a text: what stands in backticks. */
export const namesIn = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
