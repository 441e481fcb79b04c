import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Candidate, GateSettings, Grounds } from '../../../pipeline/gates/gate.ts';
import { judge } from '../../../pipeline/gates/index.ts';
import { unifiedDiff } from '../../../pipeline/mutation/patch.ts';
import type { Edit } from '../../../pipeline/ports.ts';
import type { Ground } from '../../../pipeline/tasks/ground.ts';
import { propose } from '../../../pipeline/tasks/propose.ts';
import type { Verdict } from '../../../schemas/verdicts.ts';
import { lineOf, siteOf } from '../../sites.ts';
import type { TinyWorld } from '../../tiny.ts';

export const settings: GateSettings = { reruns: 5, most_failing: 10, suite_wall_ms: 20_000, seed: 'gates' };

/**
 * Tests that pass on every pristine run and misbehave once `countdown` is broken: sixteen by chance, eight by what ran
 * before them. `SEEN` lives as long as the process that runs the suite.
 */
const misbehaving = `
import os
import pytest
from tally.wording import countdown


@pytest.mark.parametrize("turn", range(16))
def test_by_chance(turn):
    assert list(countdown(1)) == [1] or os.urandom(1)[0] < 128
`;
const ordered = `
import pytest
from tally.basket import Basket

SEEN = []


def test_leaves_a_trace():
    SEEN.append(1)


@pytest.mark.parametrize("turn", range(8))
def test_by_order(turn):
    assert Basket.parse("2 apple").total() == 60 or not SEEN
`;
const scripted = `
'use strict';
const { test } = require('node:test');
const assert = require('node:assert/strict');
const { duration } = require('..');

for (let turn = 0; turn < 16; turn++) {
  test('by time ' + turn, () => {
    const wrong = duration.format(0) !== '0ms';
    assert.ok(!(wrong && process.hrtime.bigint() % 2n === 0n));
  });
}
`;

/** Plants the misbehaving tests into the copies. */
export async function plantMisbehaving({ python, javascript }: { python: string; javascript: string }): Promise<void> {
  await writeFile(join(python, 'tests/test_chance.py'), misbehaving);
  await writeFile(join(python, 'tests/test_order.py'), ordered);
  await writeFile(join(javascript, 'test/time.test.js'), scripted);
}

export const groundsOf = (world: TinyWorld, ground: Ground, over: Partial<GateSettings> = {}): Grounds => ({
  harness: world.harness,
  sources: ground.sources,
  baseline_tests: ground.repository.tests,
  parses: (_, text) => world.syntax.parses(ground.repository.language, text),
  functionsOf: (path) => ground.modules.get(path)?.functions.map((fn) => fn.name) ?? [],
  settings: { ...settings, ...over },
});

/** What the pipeline proposes for a bug. */
export const candidateOf = (world: TinyWorld, ground: Ground, bug: Edit): Promise<Candidate> =>
  propose(ground, siteOf(ground, bug), { split: 'train', skill_id: null, harness: world.harness });

/** The answer key of edits in several files, as if one operator had made them all. */
export function patchesOf(
  ground: Ground,
  bugs: readonly Edit[],
): { bug_patch: string; fix_patch: string; line: number } {
  const changed = bugs.map((bug) => {
    const before = ground.sources.get(bug.path)!;
    return { path: bug.path, before, after: before.slice(0, bug.start) + bug.replacement + before.slice(bug.end) };
  });
  return {
    bug_patch: changed.map(({ path, before, after }) => unifiedDiff(path, before, after)).join(''),
    fix_patch: changed.map(({ path, before, after }) => unifiedDiff(path, after, before)).join(''),
    line: lineOf(ground, bugs[0]!),
  };
}

export const change = ({ task, key }: Candidate, over: Partial<Candidate['task'] & Candidate['key']>): Candidate => ({
  task: { ...task, ...pick(over, Object.keys(task)) },
  key: { ...key, ...pick(over, Object.keys(key)) },
});

const pick = (over: object, names: readonly string[]): object =>
  Object.fromEntries(Object.entries(over).filter(([name]) => names.includes(name)));

/** `gate reason` of the last verdict, with how many gates looked. */
export async function verdictOf(candidate: Candidate, grounds: Grounds): Promise<{ end: string; verdicts: Verdict[] }> {
  const verdicts = await judge(candidate, grounds, () => 0);
  const last = verdicts.at(-1)!;
  return { end: `${last.gate} ${last.reason_code}`, verdicts };
}
