import type { Attempt } from '../../../../pipeline/skills/foreign/attempts.ts';
import { hunksOf } from '../../../../pipeline/skills/foreign/patch-symbols.ts';

/** A patch that changes one line in one function. */
export const patch = (path: string, symbol: string, added: string, removed = 'return old'): string =>
  `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n@@ -1,3 +1,3 @@ def ${symbol}(self):\n-    ${removed}\n+    ${added}\n`;

let count = 0;

export const attempt = (over: Partial<Attempt> & { patch?: string }): Attempt => ({
  trace_id: `trace_${String(count++).padStart(4, '0')}`,
  task_id: 'own__shop-1',
  repo: 'own/shop',
  model: 'm',
  outcome: 'failure',
  step_count: 9,
  problem_statement: 'The `total_price` of a `Basket` is wrong',
  touches: [],
  errors: [],
  tests: [],
  left_failing: [],
  ...over,
  hunks: over.hunks ?? hunksOf(over.patch ?? ''),
});

/** Two attempts that mend the price rule, one that patches the view instead, one that forgets to round. */
export const shop = (): Attempt[] => [
  attempt({
    outcome: 'success',
    patch: patch('shop/price.py', 'total_price', 'return round_half_up(amount * rate)'),
    tests: [{ step_id: 8, command: 'cd /repo && python -m pytest tests', error_class: null }],
  }),
  attempt({
    outcome: 'success',
    patch: patch('shop/price.py', 'total_price', 'return round_half_up(sum(lines))'),
    tests: [{ step_id: 8, command: 'python -m pytest -q', error_class: null }],
  }),
  attempt({
    patch: patch('shop/views.py', 'show_basket', 'return truncated'),
    touches: [
      { path: '/repo/shop/views.py', first_open_step: 2, first_edit_step: 5 },
      { path: 'shop/price.py', first_open_step: 3, first_edit_step: null },
    ],
  }),
  attempt({
    patch: patch('shop/price.py', 'total_price', 'return int_floor(amount)'),
    touches: [{ path: 'shop/price.py', first_open_step: 1, first_edit_step: 4 }],
  }),
  ...[1, 2, 3].map((i) => attempt({ task_id: `own__shop-${i + 1}`, patch: patch(`shop/other${i}.py`, 'f', 'x') })),
  ...[1, 2].map((i) =>
    attempt({ task_id: `own__shop-${i + 10}`, outcome: 'success', patch: patch(`shop/more${i}.py`, 'g', 'x') }),
  ),
];
