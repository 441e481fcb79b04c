import { describe, expect, it } from 'vitest';
import { loadSyntax } from '../../../../pipeline/mutation/index.ts';
import { findKinds } from '../../../../pipeline/mutation/nodes.ts';

const syntax = await loadSyntax();
const parse = (text: string) => syntax.parse('javascript', 'm.js', text);
const names = (text: string) => parse(text).functions.map(({ name }) => name);

describe('functions of a JavaScript module', () => {
  it.each([
    ['function a() {}', ['a']],
    ['const a = () => 1;', ['a']],
    ['let a = function b() {};', ['a']],
    ['exports.a = function () {};', ['a']],
    ['module.exports = function () {};', ['module.exports']],
    ['module.exports = { a() {}, b: function () {}, c: () => 1 };', ['a', 'b', 'c']],
    ['const o = { a() {}, b: { c() {} } };', ['o.a', 'o.b.c']],
    ['A.prototype.b = function () {};', ['A.b']],
    [
      'class A { constructor() {} b() {} get c() { return 1 } set c(v) {} static d = () => 1; #e() {} }',
      ['A.constructor', 'A.b', 'A.c', 'A.c#2', 'A.d', 'A.#e'],
    ],
    ['const B = class { a() {} };', ['B.a']],
    ['export default class A { b() {} }', ['A.b']],
    ['export const a = async () => {};', ['a']],
    ['(function () { function a() {} }());', ['a']],
    [
      '(function (root, factory) { factory(root); })(this, (function (exports) { function a() { function b() {} } exports.c = () => a(); }));',
      ['a', 'c'],
    ],
    ['const a = wrap(function () {});', ['a']],
    ['function* a() {}', ['a']],
  ])('%s', (text, expected) => {
    expect(names(text)).toEqual(expected);
  });

  it('know their parameters, class and lines', () => {
    const [fn] = parse('class A {\n  b({ c, d: e }, f = 1, ...g) {\n    return c;\n  }\n}\n').functions;
    expect(fn).toMatchObject({
      name: 'A.b',
      class_name: 'A',
      parameters: ['c', 'e', 'f', 'g'],
      first_line: 2,
      last_line: 4,
    });
  });

  it('begin to be editable after a directive', () => {
    const text = 'function f() { "use strict"; return 1; }';
    expect(text.slice(parse(text).functions[0]!.body_start)).toBe(' return 1; }');
  });
});

describe('the neutral view of JavaScript', () => {
  it.each([
    ['a !== b', 'compare', ['!==']],
    ['a in b', 'compare', ['in']],
    ['a && b', 'boolean', ['&&']],
    ['a ?? b', 'boolean', ['??']],
    ['!a', 'not', ['!']],
    ['a?.b', 'attribute', ['b']],
    ['a[b]', 'index', []],
    ['x ? y : z', 'ternary', []],
    ['-x', 'unary_minus', ['-']],
    ['-1', 'integer', []],
    ['1.5', 'float', []],
    ['void 0', 'null_literal', []],
    ['undefined', 'null_literal', []],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source of a template
    ['`a${b}`', 'template', []],
    ['typeof a', 'unary', ['typeof']],
    ['new A(b)', 'call', ['new']],
    ['a => a', 'function', []],
    ['/a/g', 'regex', []],
  ])('%s is %s', (text, kind, tokens) => {
    const node = findKinds(parse(`x = ${text};\n`).root, 'assign')[0]!.children.find(({ role }) => role === 'value')!;
    expect([node.kind, node.tokens.map((token) => token.text)]).toEqual([kind, tokens]);
  });

  it('leaves the parentheses of a condition to the statement', () => {
    const text = 'if (a < b) c();';
    const condition = findKinds(parse(text).root, 'compare')[0]!;
    expect([condition.role, text.slice(condition.start, condition.end)]).toEqual(['condition', 'a < b']);
  });
});

describe('many parses', () => {
  it('leave nothing behind in the parser', () => {
    const text = 'function f(a) { return a ? 1 : 2; }\n'.repeat(20);
    const grown = (count: number) => {
      const before = process.memoryUsage().arrayBuffers + process.memoryUsage().external;
      for (let i = 0; i < count; i++) syntax.parses('javascript', text);
      return process.memoryUsage().arrayBuffers + process.memoryUsage().external - before;
    };
    grown(200);
    expect(grown(2000)).toBeLessThan(8 * 1024 * 1024);
  });
});
