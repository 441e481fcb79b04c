import type { Candidate, ReasonCode } from '../../pipeline/gates/gate.ts';
import { applyPatch, unifiedDiff } from '../../pipeline/mutation/patch.ts';
import type { Proposal } from '../../pipeline/tasks/propose.ts';
import { type Base, type BaseTools, patches, proposeText, withoutBug, withStatement } from './bases.ts';
import * as say from './statements.ts';

/** A kind of fault, and what the gates must say of it. */
export interface Plant {
  name: string;
  expected: ReasonCode;
  /** Chance per run that the verdict of some test flips; absent where nothing is left to chance. */
  q?: number;
  /** Null where this base has no room for it. */
  make(base: Base, tools: BaseTools, trial: number): Promise<Proposal | null> | Proposal | null;
}

type Statement = say.Statement;

/** Proposed as the pipeline does it: the labels are what one run says. */
const proposed = (name: string, expected: ReasonCode, statement: Statement, q?: number): Plant => ({
  name,
  expected,
  ...(q === undefined ? {} : { q }),
  make: (base, tools, trial) => {
    const text = q === undefined ? statement : say.flipping(q, trial);
    const after = withStatement(base.ground, base.site, say.spelled(text, base.ground.repository), tools.syntax);
    return after === null ? null : proposeText(base, after, tools.harness);
  },
});

/** The labels of the sound bug, with the patch of another one: an answer key that lies. */
const claimed = (name: string, expected: ReasonCode, statement: Statement): Plant => ({
  name,
  expected,
  make: (base, { syntax }) => {
    const { ground, site } = base;
    const after = withStatement(ground, site, say.spelled(statement, base.ground.repository), syntax);
    return after === null ? null : change(base, patches(ground, site.edit.path, after));
  },
});

/** Code of the module, after its last line. */
const appended = (name: string, expected: ReasonCode, statement: Statement): Plant => ({
  name,
  expected,
  make: (base) => change(base, patches(base.ground, base.site.edit.path, grown(base, base.site.edit.path, statement))),
});

const grown = ({ ground }: Base, path: string, statement: Statement): string =>
  `${ground.sources.get(path)!.trimEnd()}\n${say.spelled(statement, ground.repository)}\n`;

const changed = (name: string, expected: ReasonCode, over: (base: Base) => Over | null): Plant => ({
  name,
  expected,
  make: (base) => {
    const found = over(base);
    return found && change(base, found);
  },
});

type Over = Partial<Candidate['task'] & Candidate['key']>;

export const change = ({ proposal: { task, key } }: Base, over: Over): Proposal => ({
  task: { ...task, ...only(over, Object.keys(task)) },
  key: { ...key, ...only(over, Object.keys(key)) },
});

const only = (over: object, names: readonly string[]): object =>
  Object.fromEntries(Object.entries(over).filter(([name]) => names.includes(name)));

const said = (text: (base: Base) => string) => (base: Base) => ({
  problem_statement: `${base.proposal.task.problem_statement}\n${text(base)}`,
});

/** A second file, edited so that no test can feel it. */
function idleSecondFile(base: Base): Over | null {
  const { ground, site, proposal } = base;
  const other = [...ground.sources.keys()].find((path) => path !== site.edit.path && /\.(py|js)$/.test(path));
  if (other === undefined) return null;
  const idle = patches(ground, other, grown(base, other, say.comment));
  return { bug_patch: proposal.key.bug_patch + idle.bug_patch, fix_patch: proposal.key.fix_patch + idle.fix_patch };
}

const moved = (base: Base, path: string): Over => ({
  bug_patch: base.proposal.key.bug_patch.replaceAll(base.site.edit.path, path),
});

/** Without the sound bug: a test that fails anyway would hide that it was the first to call. */
const orderBound: Plant = {
  name: 'order of tests',
  expected: 'unstable_test',
  make: (base, tools) => {
    const statement = say.spelled(say.firstCaller, base.ground.repository);
    const after = withStatement(base.ground, withoutBug(base), statement, tools.syntax);
    return after === null ? null : proposeText(base, after, tools.harness);
  },
};

export const flakes: readonly Plant[] = [0.05, 0.1, 0.2, 0.5].map((q) =>
  proposed(`flaky q=${q}`, 'unstable_test', say.raising, q),
);

export const plants: readonly Plant[] = [
  { name: 'sound', expected: 'passed', make: (base) => base.proposal },
  proposed('locale or time zone, pinned', 'passed', say.placeBound),
  orderBound,
  proposed('clock', 'unstable_test', say.clockwork),
  claimed('hangs', 'timeout', say.hanging),
  claimed('ends the run', 'incomplete_run', say.leaving),
  appended('does not load', 'broken_tree', say.raising),
  appended('forges results', 'forged_result', say.forging),
  claimed('reaches for the test framework', 'reaches_for_runner', say.reaching[0]!),
  claimed('reaches for the process', 'reaches_for_runner', say.reaching[1]!),
  changed('edits a test', 'forbidden_path', (base) => moved(base, base.ground.repository.tests[0]!.split('::')[0]!)),
  changed('adds a hook', 'forbidden_path', (base) => moved(base, 'conftest.py')),
  changed('does not parse', 'syntax_error', ({ ground, site }) => {
    const text = ground.sources.get(site.edit.path)!;
    return patches(ground, site.edit.path, `${text.slice(0, site.edit.start)}((( ${text.slice(site.edit.start)}`);
  }),
  changed('idle second file', 'revert_changes_nothing', idleSecondFile),
  changed('unsolvable: another fix', 'patches_not_inverse', ({ ground, site, proposal: { key } }) => {
    const broken = applyPatch((path) => ground.sources.get(path), key.bug_patch).get(site.edit.path)!;
    const after = `${broken.trimEnd()}\n${say.spelled(say.comment, ground.repository)}\n`;
    return { fix_patch: unifiedDiff(site.edit.path, broken, after) };
  }),
  changed('patch of another file', 'patch_does_not_apply', (base) => moved(base, 'absent/file.py')),
  changed('unsolvable: asks for a passing test to be repaired', 'labels_differ', ({ proposal: { key } }) => ({
    fail_to_pass: [...key.fail_to_pass, key.pass_to_pass[0]!],
    pass_to_pass: key.pass_to_pass.slice(1),
  })),
  changed('no failing test', 'no_failing_test', () => ({ fail_to_pass: [] })),
  changed('no passing test', 'no_passing_test', () => ({ pass_to_pass: [] })),
  changed('missing test', 'unknown_test', ({ proposal: { key } }) => ({
    fail_to_pass: [...key.fail_to_pass, `${key.fail_to_pass[0]} of another suite`],
  })),
  changed('one test twice', 'malformed_verifier', ({ proposal: { key } }) => ({
    pass_to_pass: [...key.pass_to_pass, key.fail_to_pass[0]!],
  })),
  changed('missing function', 'unknown_function', ({ proposal: { key } }) => ({ symbol: `${key.symbol}_of_another` })),
  changed('says nothing', 'empty_statement', () => ({ problem_statement: ' ' })),
  changed(
    'leaks the place',
    'statement_leaks_fix',
    said(({ proposal: { key } }) => `See ${key.path}:${key.line}.`),
  ),
  changed(
    'leaks the patch',
    'statement_leaks_fix',
    said(({ proposal: { key } }) => key.fix_patch),
  ),
  changed(
    'leaks the canary',
    'statement_leaks_fix',
    said(({ proposal: { key } }) => key.canary),
  ),
];

/** A function that so many tests execute that breaking it is trivial. */
export const triviality: Plant = {
  name: 'breaks too much',
  expected: 'too_many_failures',
  make: (base, tools) => {
    const after = withStatement(base.ground, base.site, say.spelled(say.raising, base.ground.repository), tools.syntax);
    return after === null ? null : proposeText(base, after, tools.harness);
  },
};
