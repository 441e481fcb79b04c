import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, contentId, sha256 } from '../../pipeline/hash.ts';

describe('sha256', () => {
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ])('of %j', (text, digest) => {
    expect(sha256(text)).toBe(digest);
    expect(sha256(new TextEncoder().encode(text))).toBe(digest);
  });
});

describe('canonicalJson', () => {
  const value = fc.jsonValue();
  const reordered = (v: unknown): unknown => {
    if (Array.isArray(v)) return v.map(reordered);
    if (v === null || typeof v !== 'object') return v;
    return Object.fromEntries(
      Object.entries(v)
        .reverse()
        .map(([k, inner]) => [k, reordered(inner)]),
    );
  };

  it('is JSON that reads back to the value, whatever the order of keys', () => {
    fc.assert(
      fc.property(value, (v) => {
        expect(JSON.parse(canonicalJson(v))).toEqual(JSON.parse(JSON.stringify(v)));
        expect(canonicalJson(reordered(v))).toBe(canonicalJson(v));
      }),
    );
  });

  it('differs where values differ', () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(canonicalJson(a) === canonicalJson(b)).toBe(
          JSON.stringify(reordered(sorted(a))) === JSON.stringify(reordered(sorted(b))),
        );
      }),
    );
  });

  const sorted = (v: unknown): unknown => {
    if (Array.isArray(v)) return v.map(sorted);
    if (v === null || typeof v !== 'object') return v;
    return Object.fromEntries(
      Object.entries(v)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([k, inner]) => [k, sorted(inner)]),
    );
  };

  it.each([
    [undefined, 'null'],
    [{ a: undefined, b: 1 }, '{"b":1}'],
    [[undefined], '[null]'],
    [Number.NaN, '"NaN"'],
    [Number.NEGATIVE_INFINITY, '"-Infinity"'],
    [-0, '0'],
    [12n, '12'],
    [Float32Array.of(1, 0.5), '[1,0.5]'],
    ['\u2028"', '"\u2028\\""'],
    [{ b: [{ d: 1, c: 2 }], a: null }, '{"a":null,"b":[{"c":2,"d":1}]}'],
    [Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
  ])('%o', (given, text) => {
    expect(canonicalJson(given)).toBe(text);
  });

  it.each([
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['a map', new Map([['a', 1]])],
    ['a set', new Set([1])],
    ['a date', new Date(0)],
    ['a class', new (class Point {})()],
    ['one deep inside', { a: [{ b: new Set() }] }],
  ])('rejects %s, which JSON would lose', (_, given) => {
    expect(() => canonicalJson(given)).toThrow(TypeError);
  });
});

describe('contentId', () => {
  it('is a prefix and sixteen hex digits of the content', () => {
    expect(contentId('task', { b: 1, a: [2] })).toBe(`task_${sha256('{"a":[2],"b":1}').slice(0, 16)}`);
    expect(contentId('task', { a: [2], b: 1 })).toMatch(/^task_[0-9a-f]{16}$/);
  });
});
