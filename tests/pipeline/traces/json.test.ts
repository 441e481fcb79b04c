import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../../pipeline/traces/reading/json.ts';
import { jsonErrorAt } from '../../../pipeline/traces/reading/json-error.ts';

describe('strict JSON', () => {
  it('reads what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(parseJson(Buffer.from(text))).toEqual({ value: JSON.parse(text) });
        expect(jsonErrorAt(text)).toBeNull();
      }),
    );
  });

  it('finds a fault wherever JSON.parse does', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.nat(),
        fc.constantFrom('', '"', '{', ']', ',', ':', 'NaN', '\\', '\u0001'),
        (value, at, noise) => {
          const text = JSON.stringify(value);
          const place = at % (text.length + 1);
          const broken = text.slice(0, place) + noise + text.slice(place + 1);
          let isJson = true;
          try {
            JSON.parse(broken);
          } catch {
            isJson = false;
          }
          expect(jsonErrorAt(broken) === null).toBe(isJson);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('calls every proper prefix of an object cut short', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1, noNullPrototype: true }),
        fc.nat(),
        (value, at) => {
          const text = JSON.stringify(value);
          const prefix = text.slice(0, 1 + (at % (text.length - 1))).toWellFormed();
          const parsed = parseJson(Buffer.from(prefix));
          expect('fault' in parsed && ['truncated', 'not_json', 'lone_surrogate'].includes(parsed.fault.code)).toBe(
            true,
          );
        },
      ),
    );
  });

  it.each([
    ['{"a": 1, "b": {"a": 2}}', null],
    ['{"a": 1, "a": 2}', 'duplicate_key'],
    ['[{"a": 1}, {"a": 1}]', null],
    ['{"text": "{\\"a\\": 1, \\"a\\": 2}"}', null],
    ['{"x": "\\\\ud800"}', null],
    ['{"x": "\\ud83d\\ude00"}', null],
    ['{"x": "\\ude00"}', 'lone_surrogate'],
    ['{"x": Infinity}', 'nan'],
    ['{"__proto__": 1}', null],
  ])('%s', (text, code) => {
    const parsed = parseJson(Buffer.from(text));
    expect('fault' in parsed ? parsed.fault.code : null).toBe(code);
  });
});
