import { unifiedDiff } from '../../pipeline/mutation/patch.ts';
import type { Syntax } from '../../pipeline/mutation/types.ts';
import type { Harness } from '../../pipeline/ports.ts';
import { type Random, shuffled } from '../../pipeline/random.ts';
import { type Ground, type Site, sitesOf, suiteWallMs, testsCovering } from '../../pipeline/tasks/ground.ts';
import { type Proposal, propose } from '../../pipeline/tasks/propose.ts';
import { siteOf } from '../sites.ts';
import { raising, spelled } from './statements.ts';

/** A sound bug in a function that several tests execute and only some of them notice. */
export interface Base {
  ground: Ground;
  site: Site;
  proposal: Proposal;
}

export interface BaseTools {
  harness: Harness;
  syntax: Syntax;
}

/** Fewest tests that execute the function, and that do not notice its bug: in these a further fault can show. */
export interface Breadth {
  covering: number;
  quiet: number;
}
const broad: Breadth = { covering: 5, quiet: 3 };

/** At most `wanted` sound bugs of a repository, each in a function of its own. */
export async function basesOf(
  ground: Ground,
  wanted: number,
  random: Random,
  tools: BaseTools,
  breadth = broad,
): Promise<Base[]> {
  const found: Base[] = [];
  const seen = new Set<string>();
  const limit = mostFailing(ground);
  for (const site of shuffled(sitesOf(ground), random)) {
    if (found.length === wanted) break;
    const place = `${site.edit.path} ${site.function.name}`;
    const covering = testsCovering(ground, site.edit.path, site.function);
    if (seen.has(place) || covering.length < breadth.covering || covering.length > limit) continue;
    seen.add(place);
    const base = await soundBug(ground, site, covering, tools, breadth.quiet);
    if (base) found.push(base);
  }
  return found;
}

/** As the semantics gate has it with its default setting. */
export const mostFailing = ({ repository }: Ground): number => Math.max(10, Math.floor(0.2 * repository.tests.length));

async function soundBug(
  ground: Ground,
  site: Site,
  covering: readonly string[],
  tools: BaseTools,
  quiet: number,
): Promise<Base | null> {
  if (withStatement(ground, site, spelled(raising, ground.repository), tools.syntax) === null) return null;
  const proposal = await propose(ground, site, { split: 'train', skill_id: null, harness: tools.harness });
  const { fail_to_pass } = proposal.key;
  const isNoticed = fail_to_pass.length > 0 && fail_to_pass.every((id) => covering.includes(id));
  if (!isNoticed || covering.length - fail_to_pass.length < quiet) return null;
  return (await runsOnlyInTests(ground, site, covering, tools)) ? { ground, site, proposal } : null;
}

/** Functions looked at for a hub: each costs a run of the suite. */
const mostTries = 5;

/** A function that many tests execute and that no test survives without; none or one. */
export async function hubOf(ground: Ground, tools: BaseTools): Promise<Base[]> {
  const limit = mostFailing(ground);
  const perFunction = [...Map.groupBy(sitesOf(ground), ({ function: fn }) => fn).values()].map(([first]) => first!);
  let tries = 0;
  for (const site of perFunction) {
    const covering = testsCovering(ground, site.edit.path, site.function);
    const hasRoom = withStatement(ground, site, spelled(raising, ground.repository), tools.syntax) !== null;
    if (covering.length <= limit || covering.length === ground.repository.tests.length || !hasRoom) continue;
    if (tries++ === mostTries) return [];
    if (!(await runsOnlyInTests(ground, site, covering, tools))) continue;
    const proposal = await propose(ground, site, { split: 'train', skill_id: null, harness: tools.harness });
    return [{ ground, site, proposal }];
  }
  return [];
}

/** Every test that executes it fails when it raises, and it does not run while tests are loaded, which would break the tree. */
async function runsOnlyInTests(
  ground: Ground,
  site: Site,
  covering: readonly string[],
  { harness, syntax }: BaseTools,
): Promise<boolean> {
  const { repository, sources } = ground;
  const { path } = site.edit;
  const text = withStatement(ground, site, spelled(raising, repository), syntax)!;
  const whole = { path, start: 0, end: sources.get(path)!.length, replacement: text };
  const run = await harness.suite(repository.repository_id, {
    edits: [whole],
    tests: repository.tests,
    wall_ms: suiteWallMs(repository),
  });
  const failed = run.tests.filter((test) => test.status !== 'passed').map((test) => test.test_id);
  return run.outcome === 'complete' && failed.length === covering.length && failed.every((id) => covering.includes(id));
}

/** The file with the bug and, before the first statement of its function, another one. Null where there is no room. */
export function withStatement(ground: Ground, { edit, function: fn }: Site, statement: string, syntax: Syntax) {
  const before = ground.sources.get(edit.path)!;
  // past the brace that opens a block
  const at = fn.body_start + before.slice(fn.body_start).search(/[^\s{]/);
  const indent = before.slice(before.lastIndexOf('\n', at - 1) + 1, at);
  if (indent.trim() !== '' || indent === '' || at > edit.start || at >= fn.end) return null;
  const planted = statement.split('\n').join(`\n${indent}`);
  const rest = before.slice(at, edit.start) + edit.replacement + before.slice(edit.end);
  const after = `${before.slice(0, at)}${planted}\n${indent}${rest}`;
  return syntax.parses(ground.repository.language, after) ? after : null;
}

/** The place of a bug, and the text as it was. */
export const withoutBug = ({ ground, site }: Base): Site => {
  const { path, start, end } = site.edit;
  return { ...site, edit: { ...site.edit, replacement: ground.sources.get(path)!.slice(start, end) } };
};

/** Both patches of a file that became another text. */
export const patches = (ground: Ground, path: string, after: string): { bug_patch: string; fix_patch: string } => ({
  bug_patch: unifiedDiff(path, ground.sources.get(path)!, after),
  fix_patch: unifiedDiff(path, after, ground.sources.get(path)!),
});

/** What the pipeline proposes for a file that became another text. */
export function proposeText(base: Base, after: string, harness: Harness): Promise<Proposal> {
  const { ground, site } = base;
  const { start, end } = site.function;
  const grown = after.length - ground.sources.get(site.edit.path)!.length;
  const whole = { path: site.edit.path, start, end, replacement: after.slice(start, end + grown) };
  return propose(ground, siteOf(ground, whole), { split: 'train', skill_id: null, harness });
}
