import * as z from 'zod';
import { Repositories } from '../../schemas/repositories.ts';
import { TrustedAnswerKeys, TrustedTasks } from '../../schemas/tasks.ts';
import { mapLimit } from '../concurrency.ts';
import { DataError } from '../errors.ts';
import { sha256 } from '../hash.ts';
import { enumerateBugs } from '../mutation/index.ts';
import type { Syntax } from '../mutation/types.ts';
import type { Harness, Library } from '../ports.ts';
import { bootstrap, defineStage } from '../stage.ts';
import { type Ground, isTryable, prepareGround, type Site } from '../tasks/ground.ts';
import { type Proposal, propose } from '../tasks/propose.ts';
import type { TrustedSpec } from '../tasks/trusted-spec.ts';

/** The pinned list of trusted tasks. */
export interface TrustedList {
  readonly id: string;
  readonly specs: readonly TrustedSpec[];
}

/** Round 0: makes the validation and held-out tasks from their pinned list, and refuses any that came out differently. */
export const trusted = defineStage({
  name: 'trusted',
  version: 3,
  reads: { repositories: bootstrap(Repositories) },
  writes: { trusted_tasks: TrustedTasks, trusted_answer_keys: TrustedAnswerKeys },
  params: z.object({
    /** Most tasks of each split, the first of the list; all when null. */
    most_validation: z.int().min(1).nullable().default(null),
    most_held_out: z.int().min(1).nullable().default(null),
  }),
  ports: ['library', 'harness', 'syntax', 'trusted'],
  async run({ repositories }, { params, ports, progress }) {
    const { library, harness, syntax, trusted } = ports as unknown as {
      library: Library;
      harness: Harness;
      syntax: Syntax;
      trusted: TrustedList;
    };
    refuseOverlap(trusted.specs, repositories);
    const ready = new Map(repositories.filter((r) => r.status === 'ready').map((r) => [r.name, r]));
    const limits = { validation: params.most_validation, held_out: params.most_held_out };
    const available = trusted.specs.filter((spec) => ready.has(spec.repository));
    const specs = available.filter((spec) => {
      const place = available.filter((s) => s.split === spec.split).indexOf(spec);
      return place < (limits[spec.split] ?? Number.POSITIVE_INFINITY);
    });
    const names = [...new Set(specs.map((s) => s.repository))].sort();
    const grounds = new Map(
      await mapLimit(
        names,
        4,
        async (name) => [name, await prepareGround(ready.get(name)!, { library, harness, syntax })] as const,
      ),
    );
    let done = 0;
    const made = await mapLimit(specs, 4, async (spec) => {
      const result = await make(grounds.get(spec.repository)!, spec, { harness, syntax });
      progress(++done, specs.length, spec.repository);
      return result;
    });
    const proposals = made.filter((m) => typeof m !== 'string');
    const reasons = made.filter((m) => typeof m === 'string');
    const dropped = Object.fromEntries(
      Map.groupBy(reasons, (r) => r)
        .entries()
        .map(([r, list]) => [r, list.length]),
    );
    if (available.length < trusted.specs.length)
      dropped.repository_unavailable = trusted.specs.length - available.length;
    return {
      tables: { trusted_tasks: proposals.map((p) => p.task), trusted_answer_keys: proposals.map((p) => p.key) },
      dropped,
    };
  },
});

/** The wall between training and judging: no trusted task may come from a training repository. */
export function refuseOverlap(
  specs: readonly TrustedSpec[],
  repositories: readonly { name: string; split: string }[],
): void {
  const training = new Set(repositories.filter((r) => r.split === 'train').map((r) => r.name));
  const wrong = specs.find((spec) => training.has(spec.repository));
  if (!wrong) return;
  throw DataError.of({
    where: 'data/seeds/validation/tasks.json',
    expected: 'tasks from repositories that are not trained on',
    found: `a ${wrong.split} task of ${wrong.repository}, which is a training repository`,
    fix: "change the repository's split in data/seeds/repositories.json or rebuild the list with make validation-set",
  });
}

async function make(
  ground: Ground,
  spec: TrustedSpec,
  { harness, syntax }: { harness: Harness; syntax: Syntax },
): Promise<Proposal | 'source_differs' | 'labels_differ' | 'cold_only'> {
  const site = findSite(ground, spec);
  if (!site) return 'source_differs';
  const proposal = await propose(ground, site, { split: spec.split, skill_id: null, harness });
  const { fail_to_pass } = proposal.key;
  if (labelsDigest(fail_to_pass) !== spec.fail_to_pass_digest) return 'labels_differ';
  const { path, start, end, replacement } = site.edit;
  const bug = { path, start, end, replacement };
  return (await isTryable(ground, bug, spec.symbol, fail_to_pass[0]!, { harness, syntax })) ? proposal : 'cold_only';
}

/** Digest of the failing tests, whatever their order. */
export const labelsDigest = (fail_to_pass: readonly string[]): string =>
  sha256([...fail_to_pass].sort().join('\n')).slice(0, 16);

function findSite({ repository, modules }: Ground, spec: TrustedSpec): Site | null {
  const module = modules.get(spec.path);
  const fn = module?.functions.find((f) => f.name === spec.symbol);
  if (!module || !fn) return null;
  const edit = enumerateBugs(module, fn).find(
    (e) =>
      e.start === spec.start &&
      e.end === spec.end &&
      e.replacement === spec.replacement &&
      e.operator === spec.operator,
  );
  return edit ? { repository_id: repository.repository_id, edit, function: fn } : null;
}
