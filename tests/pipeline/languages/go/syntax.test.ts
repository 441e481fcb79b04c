import { describe, expect, it } from 'vitest';
import { applyEdit, enumerateBugs, enumerateRepairs, loadSyntax } from '../../../../pipeline/mutation/index.ts';
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

/** Bodies that one family makes out of a body. */
function variants(mode: 'bug' | 'repair', operator: string, body: string): string[] {
  const frame = (inner: string) =>
    `const Limit = 10\n\nfunc f(a, b int, items []int, text string) (int, error) {\n\t${inner}\n}\n`;
  const module = parse(frame(body));
  const [fn] = module.functions;
  const [before, after] = frame('\u0000').split('\u0000') as [string, string];
  const found = mode === 'bug' ? enumerateBugs(module, fn!) : enumerateRepairs(module, fn!);
  return found
    .filter((edit) => edit.operator === operator)
    .map((edit) => applyEdit(module.text, edit).slice('package m\n'.length + before.length, -after.length));
}

describe('bugs in Go', () => {
  it.each([
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
  ])('%s of %j', (operator, body, expected) => {
    expect(variants('bug', operator, body)).toEqual(expected);
  });

  it('are undone by repairs', () => {
    expect(variants('repair', 'cmp_boundary', 'return a <= b')).toContain('return a < b');
    expect(variants('repair', 'guard_ins', 'x := a\n\treturn x, nil').join('\n')).toContain(
      'if a == nil {\n\t\treturn nil',
    );
  });
});
