import { describe, expect, it } from 'vitest';
import { loadSyntax } from '../../../../pipeline/mutation/index.ts';
import { findKinds } from '../../../../pipeline/mutation/nodes.ts';

const syntax = await loadSyntax();
const parse = (text: string) => syntax.parse('python', 'm.py', text);

const SOURCE = `import os, sys as system
from a.b import c as d

LIMIT: int = 3

def plain(a, *rest, b=1, **more):
    'Doc.'
    def inner(x): return x
    return inner

class Outer:
    class Inner:
        def method(self, value: int = 2) -> int:
            return value

    @property
    def name(self): return 1

    @name.setter
    def name(self, value): self._name = value

if LIMIT:
    async def late(): pass
`;

describe('functions of a Python module', () => {
  const module = parse(SOURCE);

  it('are the outermost ones under unique qualified names', () => {
    expect(module.functions.map(({ name }) => name)).toEqual([
      'plain',
      'Outer.Inner.method',
      'Outer.name',
      'Outer.name#2',
      'late',
    ]);
  });

  it('know their parameters, class and lines', () => {
    const [plain, method] = module.functions;
    expect(plain).toMatchObject({
      parameters: ['a', 'rest', 'b', 'more'],
      class_name: null,
      first_line: 6,
      last_line: 9,
    });
    expect(method).toMatchObject({ parameters: ['self', 'value'], class_name: 'Inner' });
  });

  it('begin to be editable after the docstring', () => {
    expect(SOURCE.slice(module.functions[0]!.body_start).trimStart()).toMatch(/^def inner/);
  });

  it('are found beside the module names', () => {
    expect(module.tables.names).toEqual(['os', 'system', 'd', 'LIMIT', 'plain', 'Outer', 'late']);
  });
});

describe('the neutral view of Python', () => {
  it.each([
    ['a is not b', 'compare', ['is not']],
    ['a < b <= c', 'compare', ['<', '<=']],
    ['a and b', 'boolean', ['and']],
    ['not a', 'not', []],
    ['a.b', 'attribute', ['b']],
    ['x if y else z', 'ternary', []],
    ['-x', 'unary_minus', ['-']],
    ['-1', 'integer', []],
    ["f'{a}'", 'template', []],
    ["'a'", 'string', []],
    ['None', 'null_literal', []],
    ['[i for i in x if i]', 'comprehension', []],
    ['f(a, k=1, *r)', 'call', []],
    ['lambda q: q', 'function', []],
  ])('%s is %s', (text, kind, tokens) => {
    const node = findKinds(parse(`x = ${text}\n`).root, 'assign')[0]!.children.find(({ role }) => role === 'value')!;
    expect([node.kind, node.tokens.map((token) => token.text)]).toEqual([kind, tokens]);
  });

  it('tells the bounds of a slice apart', () => {
    const roles = (text: string) => findKinds(parse(text).root, 'slice')[0]!.children.map(({ role }) => role);
    expect([roles('x[a:b]'), roles('x[:b]'), roles('x[a:]'), roles('x[::c]')]).toEqual([
      ['low', 'high'],
      ['high'],
      ['low'],
      ['step'],
    ]);
  });

  it('has offsets that fit the text', () => {
    const text = 'é = "ü"\nx = a.b\n';
    const node = findKinds(parse(text).root, 'attribute')[0]!;
    expect(text.slice(node.start, node.end)).toBe('a.b');
  });
});

describe('text that is not Python', () => {
  it('is reported, not thrown', () => {
    expect(parse('def f(:\n  return').has_error).toBe(true);
    expect([syntax.parses('python', 'x = 1\n'), syntax.parses('python', 'x = = 1\n')]).toEqual([true, false]);
  });
});
