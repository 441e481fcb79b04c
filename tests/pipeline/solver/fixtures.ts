import type { CandidateEdit } from '../../../pipeline/mutation/types.ts';
import { LanguageModel } from '../../../pipeline/solver/language-model.ts';
import { localise } from '../../../pipeline/solver/localise.ts';
import type { PrepareInput } from '../../../pipeline/solver/prepare.ts';

/** An edit with whatever the test does not care about filled in. */
export const editAt = (over: Partial<CandidateEdit>): CandidateEdit => ({
  path: 'm.py',
  start: 0,
  end: 0,
  replacement: '',
  operator: 'arith',
  detail: '',
  line: 1,
  old: '',
  context: 'binary',
  parent: 'return',
  statement: 'return',
  left: '',
  right: '',
  function_name: 'f',
  ...over,
});

/** Edits that put `replacement` for every occurrence of `old` in a text. */
export const editsOf = (text: string, old: string, replacement: string, operator: string): CandidateEdit[] =>
  [...text.matchAll(new RegExp(old, 'g'))].map(({ index: start }) => {
    const end = start + old.length;
    const line = text.slice(0, start).split('\n').length;
    const [left, right] = [text.slice(Math.max(0, start - 60), start), text.slice(end, end + 60)];
    return editAt({ start, end, old, replacement, operator, detail: `${old}>${replacement}`, line, left, right });
  });

/** A broken function among sound ones: `total` should be `total + price`. */
export const BROKEN = `def sum_prices(prices):
    total = 0
    for price in prices:
        total = total - price
    return total
`;
export const OTHERS = `def count_items(items):
    total = 0
    for item in items:
        total = total + 1
    return total
`;

/** A task on BROKEN with a few edits. */
export function smallInput(task_id = 't', model = LanguageModel.of([BROKEN + OTHERS])): PrepareInput {
  const text = BROKEN + OTHERS;
  const span = (name: string, start: number, length: number, first_line: number) => ({
    ...{ name, start, end: start + length, first_line, last_line: first_line + 4 },
    body_start: text.indexOf('\n', start) + 1,
  });
  const functions = [span('sum_prices', 0, BROKEN.length, 1), span('count_items', BROKEN.length, OTHERS.length, 6)];
  const coverage = { failing: [{ 'm.py': [2, 3, 4, 5] }], passing: [{ 'm.py': [2, 3, 5, 7, 8, 9, 10] }] };
  const frames = [{ path: 'm.py', line: 4 }];
  const ranked = localise([{ path: 'm.py', text, functions }], coverage, frames);
  const edits = [...editsOf(BROKEN, ' - ', ' + ', 'arith'), ...editsOf(BROKEN, 'total', 'price', 'name_swap')];
  edits.sort((a, b) => a.start - b.start);
  return {
    task_id,
    failure: {
      failing_tests: ['tests/test_shop.py::test_sum_prices'],
      message: 'AssertionError: assert -3 == 3 for price',
      exception: 'AssertionError',
      frames,
    },
    functions: ranked,
    edits: [edits],
    model,
    buckets: 1 << 16,
  };
}
