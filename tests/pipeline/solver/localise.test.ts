import { describe, expect, it } from 'vitest';
import { seededRandom, shuffled } from '../../../pipeline/random.ts';
import { candidateEdits } from '../../../pipeline/solver/candidates.ts';
import { localise } from '../../../pipeline/solver/localise.ts';
import type { FunctionSpan, SourceText } from '../../../pipeline/solver/types.ts';
import { editAt } from './fixtures.ts';

/** A file of functions `name` of `size` body lines each, one after the other: a header line, then the body. */
const fileOf = (path: string, functions: Record<string, number>): SourceText => {
  let text = '';
  let line = 1;
  const spans: FunctionSpan[] = [];
  for (const [name, size] of Object.entries(functions)) {
    const header = `def ${name}():\n`;
    const body = '    work()\n'.repeat(size);
    const start = text.length;
    text += header + body;
    spans.push({
      name,
      start,
      end: text.length,
      body_start: start + header.length,
      first_line: line,
      last_line: line + size,
    });
    line += 1 + size;
  }
  return { path, text, functions: spans };
};

const names = (ranked: readonly { function: FunctionSpan }[]) => ranked.map((f) => f.function.name);

describe('localise', () => {
  const source = fileOf('m.py', { a: 2, b: 2, c: 3 }); // a: 2-3, b: 5-6, c: 8-10

  it('ranks what passing tests do not execute above what they do', () => {
    const coverage = { failing: [{ 'm.py': [2, 3, 5, 6] }], passing: [{ 'm.py': [2, 3] }, { 'm.py': [2, 3, 5] }] };
    const ranked = localise([source], coverage, []);
    expect(names(ranked)).toEqual(['b', 'a']);
    expect(ranked[0]!.suspicion).toBe(1);
    expect(ranked[1]!.suspicion).toBeCloseTo(1 / Math.sqrt(3), 12);
    expect([...ranked[0]!.lines.keys()]).toEqual([5, 6]);
  });

  it('lifts functions in the traceback and counts their distance from the deepest frame', () => {
    const coverage = { failing: [{ 'm.py': [2, 5, 8] }], passing: [{ 'm.py': [8] }, { 'm.py': [2] }, { 'm.py': [5] }] };
    const frames = [
      { path: 'm.py', line: 8 },
      { path: 'm.py', line: 5 },
    ];
    const ranked = localise([source], coverage, frames);
    expect(names(ranked)).toEqual(['b', 'c', 'a']);
    expect(ranked.map((f) => f.traceback_depth)).toEqual([0, 1, -1]);
  });

  it('lowers functions that only some failing tests reach: one bug lies on the path of all', () => {
    const coverage = { failing: [{ 'm.py': [2, 5] }, { 'm.py': [5] }], passing: [] };
    const ranked = localise([source], coverage, []);
    expect(names(ranked)).toEqual(['b', 'a']);
    expect(ranked.map((f) => f.agreement)).toEqual([1, 0.5]);
  });

  it('looks only at lines that most failing tests execute', () => {
    const coverage = { failing: [{ 'm.py': [8, 9] }, { 'm.py': [9, 10] }], passing: [{ 'm.py': [9] }] };
    const [found] = localise([source], coverage, []);
    expect(found).toMatchObject({ agreement: 1, suspicion: 1 / Math.sqrt(2) });
    expect([...found!.lines.keys()]).toEqual([9]);
  });

  it('does not count the definition line, which runs on import', () => {
    expect(names(localise([source], { failing: [{ 'm.py': [1, 4, 5] }], passing: [] }, []))).toEqual(['b']);
  });

  it('breaks ties by fewer executed lines, then path, then name', () => {
    const failing = [{ 'm.py': [2, 3, 5, 8, 9], 'k.py': [2] }];
    const sources = [source, fileOf('k.py', { z: 1 })];
    const expected = ['z', 'b', 'a', 'c'];
    expect(names(localise(sources, { failing, passing: [] }, []))).toEqual(expected);
    expect(names(localise([...sources].reverse(), { failing, passing: [] }, []))).toEqual(expected);
  });

  it('returns five unless told otherwise, and none when nothing was executed', () => {
    const many = fileOf('n.py', { a: 1, b: 1, c: 1, d: 1, e: 1, f: 1 });
    const failing = [{ 'n.py': [2, 4, 6, 8, 10, 12] }];
    expect(localise([many], { failing, passing: [] }, [])).toHaveLength(5);
    expect(localise([many], { failing, passing: [] }, [], { limit: 2 })).toHaveLength(2);
    expect(localise([many], { failing: [], passing: [] }, [])).toEqual([]);
  });
});

describe('candidateEdits', () => {
  const [ranked] = localise([fileOf('m.py', { a: 40 })], { failing: [{ 'm.py': [2, 3, 4] }], passing: [] }, []);
  const edit = (operator: string, line: number, start: number) => editAt({ operator, line, start, end: start + 1 });

  it('keeps edits on executed lines and added returns', () => {
    const edits = [edit('arith', 2, 0), edit('arith', 9, 5), edit('ret_add', 41, 9)];
    expect(candidateEdits(ranked!, edits, seededRandom('s'))).toEqual([edits[0], edits[2]]);
  });

  it('lets operators take turns when there are too many, whatever the order they come in', () => {
    const edits = [
      ...Array.from({ length: 50 }, (_, i) => edit('name_swap', 2, i)),
      ...Array.from({ length: 3 }, (_, i) => edit('arith', 3, 100 + i)),
    ];
    const kept = candidateEdits(ranked!, edits, seededRandom('s'), 10);
    expect(kept).toHaveLength(10);
    expect(kept.filter((e) => e.operator === 'arith')).toHaveLength(3);
    expect(kept.map((e) => e.start)).toEqual(kept.map((e) => e.start).sort((a, b) => a - b));
    expect(candidateEdits(ranked!, shuffled(edits, seededRandom('x')), seededRandom('s'), 10)).toEqual(kept);
  });
});
