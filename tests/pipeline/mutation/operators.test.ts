import { describe, expect, it } from 'vitest';
import { applyEdit, enumerateBugs, enumerateRepairs, loadSyntax } from '../../../pipeline/mutation/index.ts';
import { operators } from '../../../pipeline/mutation/operators/index.ts';

const syntax = await loadSyntax();

const FRAMES = {
  python: (body: string) =>
    `LIMIT = 10\nLIMITS = 20\n\n\ndef other(text):\n    if text.strip() == '':\n        return []\n    return int(text)\n\n\ndef f(a, b, items, text):\n    "Says what it does."\n    ${body}\n`,
  javascript: (body: string) =>
    `const LIMIT = 10;\nconst LIMITS = 20;\n\nfunction other(text) {\n  if (text.trim() === '') return [];\n  return Number(text);\n}\n\nfunction f(a, b, items, text) {\n  ${body}\n}\n`,
  go: (body: string) =>
    `package m\nconst Limit = 10\n\nfunc f(a, b int, items []int, text string) (int, error) {\n\t${body}\n}\n`,
} as const;
type Framed = keyof typeof FRAMES;

/** The bodies that one family makes out of a body. */
function variants(mode: 'bug' | 'repair', language: Framed, operator: string, body: string): string[] {
  const text = FRAMES[language](body);
  const module = syntax.parse(language, `f.${language}`, text);
  const fn = module.functions.find(({ name }) => name === 'f')!;
  const found = mode === 'bug' ? enumerateBugs(module, fn) : enumerateRepairs(module, fn);
  const [before, after] = FRAMES[language]('\u0000').split('\u0000') as [string, string];
  return found
    .filter((edit) => edit.operator === operator)
    .map((edit) => applyEdit(text, edit).slice(before.length, -after.length));
}

type Case = [operator: string, body: string, expected: string[]];

const PYTHON_BUGS: Case[] = [
  ['cmp_boundary', 'return a < b', ['return a <= b']],
  ['cmp_boundary', 'return 0 <= a < b', ['return 0 < a < b', 'return 0 <= a <= b']],
  ['cmp_flip', 'return a >= b', ['return a < b', 'return a <= b']],
  ['cmp_eq', 'return a is None', ['return a is not None']],
  ['cmp_eq', 'return a not in items', ['return a in items']],
  ['operand_swap', 'return a - b', ['return b - a']],
  ['operand_swap', 'return a - b - 2', ['return b - a - 2']],
  ['bool_swap', 'return a and b', ['return a or b']],
  ['bool_drop', 'return a and b', ['return b', 'return a']],
  ['cond_neg', 'return [] if a else items', ['return [] if not a else items']],
  ['cond_neg', 'return [] if not a else items', ['return [] if a else items']],
  ['cond_neg', 'return [] if a < b else items', ['return [] if not (a < b) else items']],
  ['cond_const', 'return [] if a else items', ['return [] if False else items', 'return [] if True else items']],
  ['arith', 'return a * b', ['return a + b', 'return a / b']],
  ['arith', "return '%s' % a", []],
  ['aug', 'a += b', ['a -= b', 'a = b']],
  ['off_by_one', 'return items[a]', ['return items[a + 1]', 'return items[a - 1]']],
  ['off_by_one', 'return items[a + 1]', ['return items[a]']],
  ['const_bool', 'return True', ['return False']],
  ['const_int', 'return 1', ['return -1', 'return 0', 'return 2']],
  ['const_int', 'return -1', ['return -2', 'return 0', 'return 1']],
  ['const_int', 'return 0x0f', ['return -15', 'return 0x0e', 'return 0x10'].slice(1)],
  ['name_swap', 'return LIMIT', ['return LIMITS']],
  ['attr_swap', 'return text.lower()', ['return text.upper()']],
  ['call_swap', 'return min(a, b)', ['return max(a, b)']],
  ['arg_swap', 'return max(a, b)', ['return max(b, a)']],
  ['kwarg_drop', 'return sorted(items, reverse=True)', ['return sorted(items)']],
  ['kwarg_drop', 'return other(text=a)', ['return other()']],
  ['conv_drop', 'return int(a)', ['return a']],
  ['conv_drop', 'return text.strip()', ['return text']],
  ['ifexp', 'return a if b else text', ['return a', 'return text', 'return text if b else a']],
  ['slice', 'return items[a:b]', ['return items[:b]', 'return items[a:]']],
  ['slice', 'return items[:b]', ['return items[b:]']],
  ['ret_drop', 'return other(a)', ['other(a)']],
  ['ret_none', 'return a', ['return None']],
  ['loop_ctl', 'for a in items: break', ['for a in items: continue']],
  ['stmt_del', 'items.append(a)\n    return items', ['return items']],
  ['stmt_del', 'if a:\n        items.append(a)', ['if a:\n        pass']],
  ['stmt_del', 'c = a\n    return c', []],
  ['guard_del', 'if a is None:\n        return b\n    return a', ['return a']],
  ['guard_del', 'if a:\n        return b\n    else:\n        return a', []],
  ['stmt_swap', 'a.x()\n    b.y()', ['b.y()\n    a.x()']],
  [
    'exc_swap',
    'raise KeyError(a)',
    ['AttributeError', 'IndexError', 'RuntimeError', 'StopIteration', 'TypeError', 'ValueError'].map(
      (e) => `raise ${e}(a)`,
    ),
  ],
];

const JAVASCRIPT_BUGS: Case[] = [
  ['cmp_boundary', 'return a < b;', ['return a <= b;']],
  ['cmp_flip', 'return a >= b;', ['return a < b;', 'return a <= b;']],
  ['cmp_eq', 'return a === b;', ['return a !== b;']],
  ['operand_swap', 'return a - b;', ['return b - a;']],
  ['bool_swap', 'return a && b;', ['return a || b;']],
  ['bool_drop', 'return a || b;', ['return b;', 'return a;']],
  ['cond_neg', 'if (!a) return b;', ['if (a) return b;']],
  ['cond_neg', 'if (a < b) return b;', ['if (!(a < b)) return b;']],
  ['cond_neg', 'if (!(a < b)) return b;', ['if (a < b) return b;']],
  ['cond_const', 'while (a) b();', ['while (false) b();']],
  ['arith', 'return a / b;', ['return a % b;', 'return a * b;']],
  ['aug', 'a++;', ['a--;']],
  ['aug', 'a += b;', ['a -= b;', 'a = b;']],
  ['off_by_one', 'return items.length;', ['return items.length + 1;', 'return items.length - 1;']],
  ['off_by_one', 'return text.slice(a - 1);', ['return text.slice(a);']],
  ['const_bool', 'return false;', ['return true;']],
  ['const_int', 'return a - 1;', ['return a - 0;', 'return a - 2;']],
  ['const_null', 'return null;', ['return undefined;']],
  [
    'const_str',
    "return typeof a === 'string';",
    ["'boolean'", "'function'", "'number'", "'object'", "'undefined'"].map((t) => `return typeof a === ${t};`),
  ],
  ['name_swap', 'return LIMIT;', ['return LIMITS;']],
  ['attr_swap', 'items.push(a);', ['items.unshift(a);']],
  [
    'call_swap',
    'return Number(a);',
    ['return Boolean(a);', 'return String(a);', 'return parseFloat(a);', 'return parseInt(a);'],
  ],
  ['arg_swap', 'return other(a, b);', ['return other(b, a);']],
  ['kwarg_drop', 'return other(a, b);', ['return other(a);']],
  ['conv_drop', 'return Number(a);', ['return a;']],
  ['ifexp', 'return a ? b : text;', ['return a ? text : b;', 'return b;', 'return text;']],
  ['ret_drop', 'return other(a);', ['other(a);']],
  ['ret_none', 'return a;', ['return undefined;']],
  ['loop_ctl', 'for (const c of items) break;', ['for (const c of items) continue;']],
  ['loop_ctl', 'switch (a) { case 1: break; }', []],
  ['stmt_del', 'items.push(a);\n  return items;', ['return items;']],
  ['guard_del', 'if (!a) {\n    return b;\n  }\n  return a;', ['return a;']],
  ['stmt_swap', 'a.x();\n  b.y();', ['b.y();\n  a.x();']],
  [
    'exc_swap',
    'throw new TypeError(a);',
    ['Error', 'RangeError', 'ReferenceError', 'SyntaxError'].map((e) => `throw new ${e}(a);`),
  ],
];

const GO_BUGS: Case[] = [
  ['cmp_boundary', 'return a < b', ['return a <= b']],
  ['cmp_eq', 'if a == nil { return 1, nil }', ['if a != nil { return 1, nil }']],
  ['bool_drop', 'x = a && b', ['x = b', 'x = a']],
  ['aug', 'a += b', ['a -= b', 'a = b']],
  ['aug', 'a++', ['a--']],
  ['slice', 'x = items[a:b]', ['x = items[:b]', 'x = items[a:]']],
  ['off_by_one', 'x = items[a]', ['x = items[a + 1]', 'x = items[a - 1]']],
  ['ret_none', 'return a, err', ['return nil, err']],
  ['stmt_del', 'items.push(a)\n\treturn a, nil', ['return a, nil']],
  ['stmt_del', 'x := a\n\treturn x, nil', []],
  ['guard_del', 'if a > 1 {\n\t\treturn b, nil\n\t}\n\treturn a, nil', ['return a, nil']],
  ['attr_swap', 'x = strings.ToLower(text)', ['x = strings.ToUpper(text)']],
  ['loop_ctl', 'for { break }', ['for { continue }']],
  ['const_bool', 'x = true', ['x = false']],
];

describe.each([
  ['python', PYTHON_BUGS],
  ['javascript', JAVASCRIPT_BUGS],
  ['go', GO_BUGS],
] as const)('%s bugs', (language, cases) => {
  it.each(cases)('%s: %j', (operator, body, expected) => {
    expect(variants('bug', language, operator, body).sort()).toEqual([...expected].sort());
  });
});

const REPAIRS: [Framed, string, string, string][] = [
  ['python', 'cond_const', 'return [] if True else items', 'return [] if not a else items'],
  ['python', 'cond_const', 'return [] if True else items', "return [] if text.strip() == '' else items"],
  ['python', 'bool_add', 'return [] if a.x else items', 'return [] if a and a.x else items'],
  ['python', 'conv_add', 'return other(a)', 'return other(int(a))'],
  ['python', 'conv_add', 'return a', 'return a.strip()'],
  ['python', 'ret_add', 'other(a)', 'return other(a)'],
  ['python', 'ret_other', 'return', 'return items'],
  ['python', 'ret_other', 'return None', 'return []'],
  ['python', 'kwarg_add', 'return other()', 'return other(text=text)'],
  ['python', 'guard_ins', 'return a', 'if a is None:\n        return None\n    return a'],
  ['python', 'guard_ins', 'return text', "if text.strip() == '':\n        return []\n    return text"],
  [
    'python',
    'stmt_ins',
    'if a:\n        items.append(b)\n    else:\n        pass\n    return items',
    'if a:\n        items.append(b)\n    else:\n        items.append(b)\n    return items',
  ],
  ['python', 'slice', 'return items[:2] + items[a:]', 'return items[a:2] + items[a:]'],
  ['python', 'aug', 'a = b', 'a += b'],
  ['javascript', 'cond_const', 'if (true) return b;', 'if (!a) return b;'],
  ['javascript', 'bool_add', 'if (a.x) return b;', 'if (a && a.x) return b;'],
  ['javascript', 'conv_add', 'return other(a);', 'return other(Number(a));'],
  ['javascript', 'ret_add', 'other(a);', 'return other(a);'],
  ['javascript', 'ret_other', 'return;', 'return items;'],
  ['javascript', 'guard_ins', 'return a;', "if (text.trim() === '') return [];\n  return a;"],
  ['javascript', 'aug', 'a = b;', 'a += b;'],
  ['go', 'cmp_boundary', 'return a <= b', 'return a < b'],
  ['go', 'guard_ins', 'x := a\n\treturn x, nil', 'if a == nil {\n\t\treturn nil\n\t}\n\tx := a\n\treturn x, nil'],
];

describe('repairs', () => {
  it.each(REPAIRS)('%s %s: %j can become %j', (language, operator, body, expected) => {
    expect(variants('repair', language, operator, body)).toContain(expected);
  });
});

describe('the catalogue', () => {
  it('has one family per name', () => {
    expect(new Set(operators.map(({ name }) => name)).size).toBe(operators.length);
  });
  it('has at least twenty bug families', () => {
    expect(operators.filter(({ repair_only }) => !repair_only).length).toBeGreaterThanOrEqual(20);
  });
  it('knows an example of every bug family', () => {
    const shown = new Set(
      [...PYTHON_BUGS, ...JAVASCRIPT_BUGS, ...REPAIRS.map(([, ...rest]) => rest)].map(([name]) => name),
    );
    expect(operators.map(({ name }) => name).filter((name) => !shown.has(name))).toEqual([]);
  });
});
