import { type Attempt, editStep, isSameFile } from './attempts.ts';
import { pathOf } from './contrasts.ts';
import { placeOf } from './patch-symbols.ts';
import { type Evidence, type ForeignPattern, isFailed, measure, noFacts, rank, tasksOf } from './pattern.ts';
import { issueWords, testForm, testForms } from './words.ts';

/** Files whose edits the editor keeps refusing. */
export function refusedEdits(repo: string, all: readonly Attempt[]): ForeignPattern[] {
  const byPath = new Map<string, Evidence[]>();
  for (const attempt of all) {
    const refused = attempt.errors.filter(
      (error) =>
        (error.error_class === 'edit_refused' || error.error_class === 'edit_mismatch') &&
        error.path !== null &&
        error.path.includes('/'),
    );
    for (const [path, errors] of Map.groupBy(refused, (error) => error.path!)) {
      if (errors.length < 2) continue;
      const evidence = {
        attempt,
        step_id: errors[0]!.step_id,
        note: `${errors.length} edits refused: ${reasonOf(errors[0]!.result)}`,
      };
      byPath.set(path, [...(byPath.get(path) ?? []), evidence]);
    }
  }
  return [...byPath].map(([path, evidence]) => {
    const showing = evidence.map((entry) => entry.attempt);
    const reasons = rank(evidence.map((entry) => entry.note.replace(/^.*refused: /, '')));
    const symbols = rank(
      showing.flatMap((attempt) => attempt.hunks.filter((hunk) => isSameFile(hunk.path, path)).map(placeOf)),
    );
    return {
      kind: 'anti_pattern',
      about: 'refused_edit',
      repo,
      key: path,
      evidence,
      task_ids: tasksOf(evidence),
      ...measure(showing, all, isFailed),
      facts: {
        ...noFacts,
        right: symbols.slice(0, 3),
        wrong: [path],
        what: reasons[0]!,
        test_commands: testForms(all.filter((a) => !isFailed(a))),
      },
    };
  });
}

/** What the linter or the tool says, without line numbers. */
function reasonOf(result: string): string {
  const code = result.match(/\b([EF]\d{3}) (\w*(?:Error)?:? ?[^\n]{0,60})/);
  if (code) return `${code[1]} ${code[2]!.trim()}`;
  return (
    result.match(
      /(did not appear verbatim|Multiple occurrences|not found in the file|No replacement was performed)/i,
    )?.[1] ?? 'syntax error'
  );
}

/** Programs that are not installed where the repository is worked on. */
export function missingPrograms(repo: string, all: readonly Attempt[]): ForeignPattern[] {
  const byProgram = new Map<string, Evidence[]>();
  for (const attempt of all) {
    const seen = new Set<string>();
    for (const error of attempt.errors) {
      const program =
        error.error_class === 'command_not_found'
          ? error.result.match(/(?:: |^)([a-z][\w+-]*): (?:command )?not found/m)?.[1]
          : undefined;
      if (!program || seen.has(program)) continue;
      seen.add(program);
      byProgram.set(program, [
        ...(byProgram.get(program) ?? []),
        { attempt, step_id: error.step_id, note: `${program}: command not found` },
      ]);
    }
  }
  return [...byProgram].map(([program, evidence]) => {
    const showing = evidence.map((entry) => entry.attempt);
    return {
      kind: 'anti_pattern',
      about: 'missing_program',
      repo,
      key: program,
      evidence,
      task_ids: tasksOf(evidence),
      ...measure(showing, all, isFailed),
      facts: { ...noFacts, what: program, wrong: rank(showing.flatMap((a) => a.hunks.map((h) => h.path))).slice(0, 3) },
    };
  });
}

/** Ways to run tests that end in an error here, where attempts that succeed run them otherwise. */
export function failingCommands(repo: string, all: readonly Attempt[]): ForeignPattern[] {
  const better = testForms(all.filter((attempt) => !isFailed(attempt)));
  const byForm = new Map<string, Evidence[]>();
  for (const attempt of all) {
    const seen = new Set<string>();
    for (const run of attempt.tests) {
      const form = testForm(run.command);
      if (
        !form ||
        seen.has(form) ||
        run.error_class === null ||
        run.error_class === 'test_failure' ||
        run.error_class === 'AssertionError'
      )
        continue;
      seen.add(form);
      byForm.set(form, [
        ...(byForm.get(form) ?? []),
        { attempt, step_id: run.step_id, note: `\`${form}\` ends in ${run.error_class}` },
      ]);
    }
  }
  return [...byForm]
    .filter(([form]) => better.length > 0 && !better.includes(form))
    .map(([form, evidence]) => {
      const showing = evidence.map((entry) => entry.attempt);
      const errors = rank(evidence.map((entry) => entry.note.replace(/^.* ends in /, '')));
      return {
        kind: 'anti_pattern',
        about: 'failing_command',
        repo,
        key: form,
        evidence,
        task_ids: tasksOf(evidence),
        ...measure(showing, all, isFailed),
        facts: { ...noFacts, what: form, wrong: errors.slice(0, 3), test_commands: better },
      };
    });
}

/** Places where changes have resolved tasks more often than elsewhere in the repository. */
export function fruitfulPlaces(repo: string, all: readonly Attempt[]): ForeignPattern[] {
  const byPlace = new Map<string, Attempt[]>();
  for (const attempt of all) {
    for (const place of new Set(attempt.hunks.flatMap((hunk) => [hunk.path, placeOf(hunk)])))
      byPlace.set(place, [...(byPlace.get(place) ?? []), attempt]);
  }
  return [...byPlace]
    .filter(([, showing]) => showing.filter((attempt) => !isFailed(attempt)).length >= 3)
    .map(([place, showing]) => {
      const won = showing.filter((attempt) => !isFailed(attempt));
      const evidence = won.map((attempt) => ({
        attempt,
        step_id: editStep(attempt, pathOf(place)),
        note: `changes ${place} and resolves ${attempt.task_id}`,
      }));
      const words = rank(
        won.flatMap((attempt) => [
          ...new Set(attempt.hunks.filter((hunk) => hunk.path === pathOf(place)).flatMap((hunk) => [...hunk.added])),
        ]),
      );
      const symbols = rank(
        won.flatMap((attempt) => [
          ...new Set(attempt.hunks.filter((hunk) => hunk.path === pathOf(place)).map(placeOf)),
        ]),
      );
      return {
        kind: 'strategy',
        about: 'fruitful_place',
        repo,
        key: place,
        evidence,
        task_ids: tasksOf(evidence),
        ...measure(showing, all, (attempt) => !isFailed(attempt)),
        facts: {
          ...noFacts,
          right: [...new Set([place, ...symbols.slice(0, 3)])],
          words_added: words.slice(0, 4),
          test_commands: testForms(won),
          issue_words: issueWords(won),
          peers: showing.length,
        },
      };
    });
}

/** Partial repairs: some of the failing tests pass, and which do not. */
export function unfinished(repo: string, all: readonly Attempt[]): ForeignPattern[] {
  const changed = (attempt: Attempt) => attempt.hunks.find((hunk) => !hunk.is_new_file)?.path;
  const partial = all.filter((attempt) => attempt.outcome === 'partial' && changed(attempt) !== undefined);
  return [...Map.groupBy(partial, (attempt) => changed(attempt)!)].map(([path, showing]) => {
    const evidence = showing.map((attempt) => ({
      attempt,
      step_id: editStep(attempt, path),
      note: `changes ${placeOf(attempt.hunks[0]!)}; ${attempt.left_failing.length} tests stay red`,
    }));
    const touching = all.filter((attempt) => attempt.hunks.some((hunk) => hunk.path === path));
    return {
      kind: 'remediation',
      about: 'unfinished',
      repo,
      key: path,
      evidence,
      task_ids: tasksOf(evidence),
      ...measure(touching, all, (attempt) => attempt.outcome === 'partial'),
      facts: {
        ...noFacts,
        right: rank(showing.flatMap((a) => a.hunks.filter((hunk) => !hunk.is_new_file).map(placeOf))).slice(0, 3),
        left_failing: rank(showing.flatMap((a) => a.left_failing)).slice(0, 4),
        test_commands: testForms(all.filter((a) => !isFailed(a))),
        peers: touching.length,
      },
    };
  });
}
