import { describe, expect, it } from 'vitest';
import { LanguageModel } from '../../../pipeline/solver/language-model.ts';
import { prepareTask } from '../../../pipeline/solver/prepare.ts';
import { BROKEN, OTHERS, smallInput } from './fixtures.ts';

const featuresOf = ({ ids, offsets }: { ids: Uint32Array; offsets: Uint32Array }, action: number) =>
  new Set(ids.subarray(offsets[action], offsets[action + 1]));

const indexOf = (task: ReturnType<typeof prepareTask>, replacement: string): number =>
  task.actions.findIndex((action) => action.kind === 'edit' && action.edit.replacement === replacement);

describe('prepareTask', () => {
  const task = prepareTask(smallInput());

  it('lists opens, then edits by function', () => {
    expect(task.actions.map((action) => action.kind)).toEqual(['open', ...Array.from({ length: 5 }, () => 'edit')]);
    expect(task.space).toMatchObject({ size: 6, function_count: 1 });
  });

  it('gives every action its own thirty to fifty features below the bucket count', () => {
    const sets = task.actions.map((_, action) => featuresOf(task.space.features, action));
    expect(sets[0]!.size).toBeGreaterThanOrEqual(14);
    for (const set of sets.slice(1)) {
      expect(set.size).toBeGreaterThanOrEqual(30);
      expect(set.size).toBeLessThanOrEqual(55);
    }
    expect(Math.max(...task.space.features.ids)).toBeLessThan(1 << 16);
    expect(new Set(sets.map((set) => [...set].join())).size).toBe(sets.length);
  });

  it('is the same for the same input', () => {
    expect(prepareTask(smallInput())).toEqual(task);
  });

  it('shares features with other tasks: operators are not named after their repository', () => {
    const input = smallInput('other');
    const edits = input.edits.map((list) => list.map((edit) => ({ ...edit, path: 'n.py' })));
    const functions = input.functions.map((fn) => ({ ...fn, path: 'n.py' }));
    const frames = [{ path: 'n.py', line: 4 }];
    const moved = prepareTask({ ...input, edits, functions, failure: { ...input.failure, frames } });
    expect(moved.space.features).toEqual(task.space.features);
  });

  it('sees how natural an edit is', () => {
    const silent = prepareTask(smallInput('t', LanguageModel.of([BROKEN])));
    const plus = indexOf(task, ' + ');
    expect(featuresOf(silent.space.features, plus)).not.toEqual(featuresOf(task.space.features, plus));
  });

  it('is not told the fix by counts of the broken tree', () => {
    const fixes = [' + ', ' * '].map((sign) => BROKEN.replace(' - ', sign) + OTHERS);
    const [a, b] = fixes.map((fixed) => {
      const model = LanguageModel.of([fixed]).withFile(fixed, BROKEN + OTHERS);
      return prepareTask(smallInput('t', model)).space.features;
    });
    expect(a).toEqual(b);
  });

  it('groups edits by line, operator and span', () => {
    const { lines, operators, sites } = task.space;
    const plus = indexOf(task, ' + ');
    const swaps = task.actions.flatMap((a, i) => (a.kind === 'edit' && a.edit.operator === 'name_swap' ? [i] : []));
    expect(new Set(swaps.map((a) => operators.of[a])).size).toBe(1);
    expect(swaps.filter((a) => lines.of[a] === lines.of[plus])).toHaveLength(2);
    expect(new Set(sites.of).size).toBe(task.space.size);
  });
});
