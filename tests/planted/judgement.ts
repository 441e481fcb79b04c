import { mapLimit } from '../../pipeline/concurrency.ts';
import { type Grounds, type ReasonCode, reasonCodes } from '../../pipeline/gates/gate.ts';
import { judge } from '../../pipeline/gates/index.ts';
import type { Proposal } from '../../pipeline/tasks/propose.ts';
import type { Verdict } from '../../schemas/verdicts.ts';
import { atLeast, slips } from './arithmetic.ts';
import type { Base, BaseTools } from './bases.ts';
import type { Plant } from './plants.ts';

/** A candidate whose verdict is known. */
export interface Planted {
  plant: Plant;
  base: Base;
  candidate: Proposal;
}

export interface Judged extends Planted {
  found: ReasonCode;
  verdicts: Verdict[];
}

/** Everything these plants can make of these bases; `copies` of those that flip by chance. */
export async function plantAll(
  bases: readonly Base[],
  plants: readonly Plant[],
  tools: BaseTools,
  copies = 1,
): Promise<Planted[]> {
  const wanted = bases.flatMap((base) =>
    plants.flatMap((plant) => Array.from({ length: plant.q === undefined ? 1 : copies }, () => ({ base, plant }))),
  );
  const made = await mapLimit(wanted, 4, async ({ base, plant }, trial) => {
    const candidate = await plant.make(base, tools, trial);
    return candidate && { base, plant, candidate };
  });
  return made.filter((planted) => planted !== null);
}

/** Judges as stage validate does; only whether an attempt would be cheap is not asked, which is no question of truth. */
export const judgeAll = (
  planted: readonly Planted[],
  groundsOf: (repository_id: string) => Promise<Grounds>,
  judged: (done: number) => void = () => {},
): Promise<Judged[]> => {
  let done = 0;
  return mapLimit(planted, 4, async (one) => {
    const { isTryable: _, ...grounds } = await groundsOf(one.candidate.task.repository_id);
    const verdicts = await judge(one.candidate, grounds, () => performance.now());
    judged(++done);
    return { ...one, verdicts, found: verdicts.at(-1)!.reason_code as ReasonCode };
  });
};

export interface CodeRow {
  reason_code: string;
  planted: number;
  found: number;
  right: number;
  precision: number | null;
  recall: number | null;
}

/** Precision and recall of each reason code over what is not left to chance. */
export function byCode(judged: readonly Judged[]): CodeRow[] {
  const certain = judged.filter(({ plant }) => plant.q === undefined);
  return Object.keys(reasonCodes).flatMap((reason_code) => {
    const planted = certain.filter(({ plant }) => plant.expected === reason_code).length;
    const found = certain.filter((one) => one.found === reason_code).length;
    const right = certain.filter((one) => one.found === reason_code && one.plant.expected === reason_code).length;
    if (planted === 0 && found === 0) return [];
    const share = (of: number) => (of === 0 ? null : right / of);
    return [{ reason_code, planted, found, right, precision: share(found), recall: share(planted) }];
  });
}

export interface FlakeRow {
  q: number;
  planted: number;
  passed: number;
  /** How many arithmetic expects to slip through this many runs. */
  expected: number;
  /** Chance that so many or more do. */
  chance: number;
}

export function byFlake(judged: readonly Judged[], runs: number): FlakeRow[] {
  const flaky = judged.filter(({ plant }) => plant.q !== undefined);
  return [...Map.groupBy(flaky, ({ plant }) => plant.q!)].map(([q, rows]) => {
    const passed = rows.filter((one) => one.found === 'passed').length;
    const p = slips(q, runs);
    return { q, planted: rows.length, passed, expected: rows.length * p, chance: atLeast(passed, rows.length, p) };
  });
}

/** Candidates with another verdict than the known one; chance is left out. */
export const misjudged = (judged: readonly Judged[]): Judged[] =>
  judged.filter(({ plant, found }) => plant.q === undefined && found !== plant.expected);
