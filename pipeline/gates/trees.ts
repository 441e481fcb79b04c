import { applyPatch, editBetween } from '../mutation/patch.ts';
import type { Edit, SuiteRun } from '../ports.ts';
import type { Candidate, Grounds, ReasonCode } from './gate.ts';

/** Pristine text of each edited file with the bug patch applied. */
export const brokenFiles = ({ key }: Candidate, { sources }: Pick<Grounds, 'sources'>): Map<string, string> =>
  applyPatch((path) => sources.get(path), key.bug_patch);

/** Text of each edited file with the fix patch applied on top of the bug. */
export function fixedFiles(candidate: Candidate, grounds: Grounds): Map<string, string> {
  const broken = brokenFiles(candidate, grounds);
  const fixed = applyPatch((path) => broken.get(path) ?? grounds.sources.get(path), candidate.key.fix_patch);
  return new Map([...broken, ...fixed]);
}

/** The edits that make `files` out of the pristine tree; files equal to pristine ones need none. */
export const editsTo = (files: ReadonlyMap<string, string>, sources: ReadonlyMap<string, string>): Edit[] =>
  [...files]
    .filter(([path, text]) => sources.get(path) !== text)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, text]) => ({ path, ...editBetween(sources.get(path)!, text) }));

/** Ids that passed. A test that did not report did not pass. */
export const passedIn = (run: SuiteRun): Set<string> =>
  new Set(run.tests.filter((test) => test.status === 'passed').map((test) => test.test_id));

/** Why a run cannot be used as evidence, or null when every asked test reported. */
export function flawOf(run: SuiteRun): Exclude<ReasonCode, 'passed'> | null {
  switch (run.outcome) {
    case 'complete':
      return null;
    case 'broken':
      return 'broken_tree';
    case 'forged':
      return 'forged_result';
    case 'timeout':
      return 'timeout';
    case 'infrastructure_error':
      return 'infrastructure_error';
    default:
      return 'incomplete_run';
  }
}
