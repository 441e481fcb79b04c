import { describe, expect, it } from 'vitest';
import { loadSyntax } from '../../../../pipeline/mutation/index.ts';
import { findKinds } from '../../../../pipeline/mutation/nodes.ts';

const syntax = await loadSyntax();
const parse = (text: string) => syntax.parse('go', 'm.go', `package m\n${text}`);
const names = (text: string) => parse(text).functions.map(({ name }) => name);

describe('functions of a Go file', () => {
  it.each([
    ['func a() {}', ['a']],
    ['func (t T) a() {}\nfunc (t *T) b() {}\nfunc (*U) c() {}', ['T.a', 'T.b', 'U.c']],
    ['func (s *Set[K]) a() {}', ['Set.a']],
    ['func a() { b := func() {}; b() }', ['a']],
    ['var a = func() {}', ['a']],
    ['func init() {}\nfunc init() {}', ['init', 'init#2']],
  ])('%s', (text, expected) => {
    expect(names(text)).toEqual(expected);
  });

  it('know their parameters, receiver and results', () => {
    const [fn] = parse('func (t *T) f(a, b int, rest ...string) (n int, err error) {\n\treturn\n}\n').functions;
    expect(fn).toMatchObject({
      ...{ name: 'T.f', class_name: 'T', first_line: 2, last_line: 4 },
      parameters: ['a', 'b', 'rest', 't', 'n', 'err'],
    });
  });

  it('know the names of imports', () => {
    const { tables } = parse(
      'import (\n\t"net/url"\n\ts "strings"\n\t"example.test/m/v2"\n\t_ "embed"\n)\nconst A, B = 1, 2\n',
    );
    expect(tables.names).toEqual(['url', 's', 'm', 'A', 'B']);
  });
});

describe('the neutral view of Go', () => {
  it.each([
    ['a != b', 'compare', ['!=']],
    ['a && b', 'boolean', ['&&']],
    ['!a', 'not', ['!']],
    ['a.b', 'attribute', ['b']],
    ['a[b]', 'index', []],
    ['a[1:b]', 'index', []],
    ['-x', 'unary_minus', ['-']],
    ['-1', 'integer', []],
    ['0x1f', 'integer', []],
    ['0b11', 'float', []],
    ['*p', 'unary', ['*']],
    ['nil', 'null_literal', []],
    ['`raw`', 'string', []],
    ['[]int{1, 2}', 'collection', []],
    ['T{a: b}', 'object', []],
    ['f(x, y...)', 'call', []],
    ['func() {}', 'function', []],
    ['x.(T)', 'other', []],
  ])('%s is %s', (text, kind, tokens) => {
    const [assign] = findKinds(parse(`func f() { x = ${text} }\n`).root, 'assign');
    const node = assign!.children.find(({ role }) => role === 'value')!;
    expect([node.kind, node.tokens.map((token) => token.text)]).toEqual([kind, tokens]);
  });

  it.each([
    ['for i := 0; i < 3; i++ {}', 'loop', ['initial', 'condition', 'increment', 'body']],
    ['for k, v := range m {}', 'loop', ['target', 'target', 'iterable', 'body']],
    ['for x < 3 {}', 'while', ['condition', 'body']],
    ['for {}', 'loop', ['body']],
    ['if x := f(); x { } else { }', 'if', ['initial', 'condition', 'then', 'otherwise']],
  ])('%s is %s', (text, kind, roles) => {
    const [node] = findKinds(parse(`func f() { ${text} }\n`).root, kind as 'if' | 'loop' | 'while');
    expect(node!.children.map(({ role }) => role)).toEqual(roles);
  });
});
