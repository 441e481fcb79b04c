import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  applyEdit,
  type CandidateEdit,
  enumerateBugs,
  enumerateRepairs,
  loadSyntax,
} from '../../../pipeline/mutation/index.ts';
import { emptyReport, measureRecall, overall } from './recall.ts';

const syntax = await loadSyntax();
const fixture = (name: string) => readFileSync(new URL(`../../fixtures/mutation/${name}`, import.meta.url), 'utf8');

const LANGUAGES = [
  { language: 'python', path: 'ledger.py', floor: 0.8 },
  { language: 'javascript', path: 'ledger.js', floor: 0.8 },
  { language: 'go', path: 'ledger.go', floor: 0.8 },
] as const;

/** Families whose reverse edit is always among the repairs. */
const EXACT = [
  'arg_swap',
  'arith',
  'aug',
  'bool_swap',
  'call_swap',
  'cmp_boundary',
  'cmp_eq',
  'cmp_flip',
  'cond_neg',
  'const_bool',
  'const_int',
  'exc_swap',
  'loop_ctl',
  'operand_swap',
  'ret_drop',
  'stmt_swap',
];

describe.each(LANGUAGES)('$language', ({ language, path, floor }) => {
  const text = fixture(path);
  const module = syntax.parse(language, path, text);
  const all = module.functions.flatMap((fn) => [
    ...enumerateBugs(module, fn).map((edit) => ({ fn, edit })),
    ...enumerateRepairs(module, fn).map((edit) => ({ fn, edit })),
  ]);

  it('stays inside the function body', () => {
    expect(
      all.filter(({ fn, edit }) => edit.start < fn.body_start || edit.end > fn.end || edit.end < edit.start),
    ).toEqual([]);
  });

  it('always changes the text and says truly what it replaces', () => {
    expect(
      all.filter(({ edit }) => edit.old === edit.replacement || text.slice(edit.start, edit.end) !== edit.old),
    ).toEqual([]);
  });

  it('shows at most 60 characters on each side, as they are in the text', () => {
    for (const { edit } of all) {
      expect(edit.left.length).toBeLessThanOrEqual(60);
      expect(text.slice(0, edit.start).endsWith(edit.left)).toBe(true);
      expect(text.slice(edit.end).startsWith(edit.right)).toBe(true);
    }
  });

  it('never offers the same outcome twice for a function', () => {
    for (const fn of module.functions) {
      for (const edits of [enumerateBugs(module, fn), enumerateRepairs(module, fn)]) {
        expect(new Set(edits.map((edit) => applyEdit(text, edit))).size).toBe(edits.length);
      }
    }
  });

  it('comes in order of start, operator, replacement', () => {
    const key = ({ start, operator, replacement }: CandidateEdit) =>
      [String(start).padStart(9), operator, replacement].join('\u0000');
    for (const fn of module.functions) {
      const keys = enumerateRepairs(module, fn).map(key);
      expect(keys).toEqual([...keys].sort());
    }
  });

  it('is the same every time', () => {
    const again = syntax.parse(language, path, text);
    const repairs = (of: typeof module) => of.functions.map((fn) => enumerateRepairs(of, fn));
    expect(repairs(again)).toEqual(repairs(module));
  });

  it('keeps to the lines that are asked for', () => {
    const fn = module.functions[2]!;
    const lines = new Set([fn.first_line + 2]);
    const edits = enumerateRepairs(module, fn, { lines });
    expect(edits.length).toBeGreaterThan(0);
    expect(edits).toEqual(enumerateRepairs(module, fn).filter((edit) => lines.has(edit.line)));
  });

  it('leaves text that still parses in 99 of 100 cases', () => {
    const broken = all.filter(({ edit }, i) => i % 3 === 0 && !syntax.parses(language, applyEdit(text, edit)));
    expect(
      broken.map(({ edit }) => `${edit.operator} ${edit.old} -> ${edit.replacement}`).slice(all.length / 300),
    ).toEqual([]);
  });

  it(`undoes at least ${floor} of its own bugs, and all of the symmetric families`, () => {
    const report = emptyReport();
    measureRecall(syntax, language, path, text, 1, report);
    expect(report.missed.filter(({ operator }) => EXACT.includes(operator))).toEqual([]);
    expect(overall(report).by_bug).toBeGreaterThanOrEqual(floor);
    expect(overall(report).by_family).toBeGreaterThanOrEqual(0.74);
  });
});

describe('what is never edited', () => {
  const editsOf = (language: 'python' | 'javascript', text: string) => {
    const module = syntax.parse(language, 'f', text);
    return module.functions.flatMap((fn) => [...enumerateBugs(module, fn), ...enumerateRepairs(module, fn)]);
  };

  it.each([
    ['python', 'def f(a=1, b=True):\n    """1 < 2"""\n    return a\n', ['(a=1, b=True)', '"""1 < 2"""']],
    ['python', '@cache(1)\ndef f(a):\n    return a\n', ['@cache(1)']],
    [
      'python',
      'def f(a):\n    @cache(3)\n    def g(b=1):\n        "one"\n        return a\n',
      ['@cache(3)', 'g(b=1)', '"one"'],
    ],
    ['javascript', 'function f(a = 1, { b = true } = {}) {\n  return a;\n}\n', ['(a = 1, { b = true } = {})']],
    ['javascript', 'function f(a) {\n  "use strict";\n  return (b = 1) => b;\n}\n', ['"use strict"', '(b = 1) =>']],
  ] as const)('%s: %j keeps %j', (language, text, kept) => {
    const edits = editsOf(language, text);
    expect(edits.length).toBeGreaterThan(0);
    const outcomes = edits.filter(({ operator }) => operator !== 'ret_none').map((edit) => applyEdit(text, edit));
    for (const piece of kept) expect(outcomes.filter((outcome) => !outcome.includes(piece))).toEqual([]);
  });

  it('code outside of functions', () => {
    expect(editsOf('python', 'A = 1\nif A < 2:\n    A = 3\n')).toEqual([]);
    expect(editsOf('javascript', 'const A = 1;\nif (A < 2) run(A);\n')).toEqual([]);
  });
});
