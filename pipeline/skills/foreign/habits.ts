import { type Attempt, isSameFile } from './attempts.ts';
import { placeOf } from './patch-symbols.ts';
import { type Evidence, type ForeignPattern, isFailed, measure, noFacts, rank, tasksOf } from './pattern.ts';
import { testForm, testForms } from './words.ts';

/** What one attempt shows of a key: a step, and what to see there. */
type Shown = readonly [key: string, shown: Omit<Evidence, 'attempt'>];

/** Evidence by key; an attempt counts once for each, by the first that it shows. */
function evidenceBy(all: readonly Attempt[], shownBy: (attempt: Attempt) => readonly Shown[]): [string, Evidence[]][] {
  const found = new Map<string, Evidence[]>();
  for (const attempt of all) {
    const first = new Map(shownBy(attempt).toReversed());
    for (const [key, shown] of first) found.set(key, [...(found.get(key) ?? []), { attempt, ...shown }]);
  }
  return [...found];
}

/** A habit of attempts that fail more often than others of the repository. */
function antiPattern(
  { repo, all }: { repo: string; all: readonly Attempt[] },
  { about, key, evidence }: Pick<ForeignPattern, 'about' | 'key' | 'evidence'>,
  facts: Partial<ForeignPattern['facts']>,
): ForeignPattern {
  const showing = evidence.map(({ attempt }) => attempt);
  const figures = measure(showing, all, isFailed);
  const named = { kind: 'anti_pattern', about, repo, key } as const;
  return { ...named, evidence, task_ids: tasksOf(evidence), ...figures, facts: { ...noFacts, ...facts } };
}

/** Files whose edits the editor keeps refusing. */
export function refusedEdits(repo: string, all: readonly Attempt[]): ForeignPattern[] {
  return evidenceBy(all, refusedIn).map(([path, evidence]) => {
    const reasons = rank(evidence.map(({ note }) => note.replace(/^.*refused: /, '')));
    const hunks = evidence.flatMap(({ attempt }) => attempt.hunks.filter((hunk) => isSameFile(hunk.path, path)));
    const test_commands = testForms(all.filter((attempt) => !isFailed(attempt)));
    const facts = { right: rank(hunks.map(placeOf)).slice(0, 3), wrong: [path], what: reasons[0]!, test_commands };
    return antiPattern({ repo, all }, { about: 'refused_edit', key: path, evidence }, facts);
  });
}

function refusedIn({ errors }: Attempt): Shown[] {
  const refused = errors.filter(({ error_class }) => /^edit_(refused|mismatch)$/.test(error_class ?? ''));
  const byPath = Map.groupBy(
    refused.filter(({ path }) => path?.includes('/')),
    ({ path }) => path!,
  );
  return [...byPath]
    .filter(([, those]) => those.length > 1)
    .map(([path, those]) => {
      const [{ step_id, result }] = those as [(typeof those)[number]];
      return [path, { step_id, note: `${those.length} edits refused: ${reasonOf(result)}` }] as const;
    });
}

/** What the linter or the tool says, without line numbers. */
function reasonOf(result: string): string {
  const code = result.match(/\b([EF]\d{3}) (\w*(?:Error)?:? ?[^\n]{0,60})/);
  if (code) return `${code[1]} ${code[2]!.trim()}`;
  const said =
    /(did not appear verbatim|Multiple occurrences|not found in the file|No replacement was performed)/i.exec(result);
  return said?.[1] ?? 'syntax error';
}

/** Programs that are not installed where the repository is worked on. */
export function missingPrograms(repo: string, all: readonly Attempt[]): ForeignPattern[] {
  return evidenceBy(all, missingIn).map(([program, evidence]) => {
    const changed = evidence.flatMap(({ attempt }) => attempt.hunks.map(({ path }) => path));
    const facts = { what: program, wrong: rank(changed).slice(0, 3) };
    return antiPattern({ repo, all }, { about: 'missing_program', key: program, evidence }, facts);
  });
}

const missingIn = ({ errors }: Attempt): Shown[] =>
  errors.flatMap(({ error_class, result, step_id }) => {
    const program = /(?:: |^)([a-z][\w+-]*): (?:command )?not found/m.exec(result)?.[1];
    if (error_class !== 'command_not_found' || program === undefined) return [];
    return [[program, { step_id, note: `${program}: command not found` }] as const];
  });

/** Ways to run tests that end in an error here, where attempts that succeed run them otherwise. */
export function failingCommands(repo: string, all: readonly Attempt[]): ForeignPattern[] {
  const better = testForms(all.filter((attempt) => !isFailed(attempt)));
  if (better.length === 0) return [];
  return evidenceBy(all, brokenRunsIn)
    .filter(([form]) => !better.includes(form))
    .map(([form, evidence]) => {
      const errors = rank(evidence.map(({ note }) => note.replace(/^.* ends in /, '')));
      const facts = { what: form, wrong: errors.slice(0, 3), test_commands: better };
      return antiPattern({ repo, all }, { about: 'failing_command', key: form, evidence }, facts);
    });
}

/** A test that fails is what tests are for. */
const isBroken = (error_class: string | null): boolean =>
  error_class !== null && error_class !== 'test_failure' && error_class !== 'AssertionError';

const brokenRunsIn = ({ tests }: Attempt): Shown[] =>
  tests.flatMap(({ command, error_class, step_id }) => {
    const form = testForm(command);
    if (!form || !isBroken(error_class)) return [];
    return [[form, { step_id, note: `\`${form}\` ends in ${error_class}` }] as const];
  });
