import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const inside = '../../../../pipeline/languages/javascript/runner/inside';
const load = createRequire(import.meta.url);
const { Names, Selection } = load(`${inside}/selection.cjs`);
const { failureOf, keepFramesIn } = load(`${inside}/failure.cjs`);
const { codeLines, executedLines } = load(`${inside}/coverage.cjs`);

describe('names', () => {
  it('are unique below one parent, whatever they are', () => {
    const law = fc.property(fc.array(fc.constantFrom('a', 'b', 'a#2', '')), (given) => {
      const names = new Names();
      const ids = given.filter((name) => name !== 'a#2').map((name) => names.top('t.js', name));
      expect(new Set(ids).size).toBe(ids.length);
    });
    fc.assert(law);
  });

  it('number the second of two equal names', () => {
    const names = new Names();
    expect(['x', 'x', 'y'].map((name) => names.child('t.js::p', name))).toEqual([
      't.js::p > x',
      't.js::p > x#2',
      't.js::p > y',
    ]);
  });
});

describe('a selection', () => {
  const asked = new Selection(['b.js::p > q', 'a.js::x'], []);

  it('reaches what leads to an asked test, and nothing else', () => {
    expect(['b.js', 'b.js::p', 'b.js::p > q', 'a.js'].every((id) => asked.reaches(id))).toBe(true);
    expect(['b.js::p > r', 'b.js::q', 'c.js'].some((id) => asked.reaches(id))).toBe(false);
    expect(asked.wants('b.js::p')).toBe(false);
  });

  it('orders files as asked', () => {
    expect(asked.files(['a.js', 'b.js', 'c.js'])).toEqual(['b.js', 'a.js']);
  });

  it('without a question is everything that is not deselected', () => {
    const all = new Selection(null, ['a.js', 'b.js::p']);
    expect(all.files(['a.js', 'b.js'])).toEqual(['b.js']);
    expect([all.wants('b.js::p'), all.wants('b.js::q')]).toEqual([false, true]);
  });
});

describe('a failure', () => {
  it('masks paths and addresses and is cut', () => {
    const { message } = failureOf(new RangeError(`at file:///repo/lib/a.js 0xdeadbeef ${'x'.repeat(1000)}`));
    expect(message).toHaveLength(400);
    expect(message.startsWith('RangeError: at lib/a.js 0x? x')).toBe(true);
  });

  it('masks the time of day, and no other time', () => {
    const old = '2020-01-02T03:04:05.000Z';
    const { message } = failureOf(new Error(`${new Date().toISOString()} is ${new Date().toUTCString()}, not ${old}`));
    expect(message).toBe(`Error: <now> is <now>, not ${old}`);
  });

  it('knows the time of the run in other clothes', () => {
    const date = new Date();
    const iso = date.toISOString();
    const each = [...iso].map((c) => (/\d/.test(c) ? `%3${c}` : c)).join('');
    const old = '2012-11-10T12%3A30%3A00.000Z and 1352550600000 and a%20b';
    const said = [
      `a=${encodeURIComponent(iso)}`,
      `a=${each}`,
      `a=${encodeURIComponent(date.toUTCString())}`,
      `${date}`,
      `${date.getTime()}`,
    ];
    const { message } = failureOf(new Error([...said, old].join(' ')));
    const zone = String(date).slice(String(date).indexOf('GMT') + 3);
    const now = ['a=<now>', 'a=<now>', 'a=<now>', `<now>${zone}`, '<now>'];
    expect(message).toBe(`Error: ${[...now, old].join(' ')}`);
  });

  it('takes anything that was thrown', () => {
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error('no');
        },
      },
    );
    expect(failureOf(hostile)).toMatchObject({ exception: null, frames: [] });
    const law = fc.property(fc.anything(), (thrown) => typeof failureOf(thrown).message === 'string');
    fc.assert(law);
  });

  it('keeps frames in sources, outermost first', () => {
    keepFramesIn(['lib/a.js', 'lib/b.js']);
    const stack =
      'Error: x\n    at inner (/repo/lib/a.js:3:4)\n    at /repo/node_modules/p/i.js:1:1\n    at async outer (/repo/lib/b.js:9:1)\n    at /repo/test/t.js:1:1';
    expect(failureOf(Object.assign(new Error('x'), { stack })).frames).toEqual([
      { path: 'lib/b.js', line: 9 },
      { path: 'lib/a.js', line: 3 },
    ]);
  });
});

it("puts classes of Node's modules back, and what they inherit from", () => {
  const script = `const { Guard } = require(${JSON.stringify(load.resolve(`${inside}/guard.cjs`))});
    const { Readable } = require('node:stream');
    const { IncomingMessage } = require('node:http');
    const guard = new Guard();
    const { read } = Readable.prototype;
    Readable.prototype.read = null;
    Readable.prototype.left = 1;
    require('node:util').inherits(IncomingMessage, Map);
    const restored = guard.restore();
    const { prototype } = IncomingMessage;
    console.log(restored, Readable.prototype.read === read, 'left' in prototype, prototype instanceof Readable);`;
  expect(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' })).toBe('true true false true\n');
});

describe('executed lines', () => {
  const text = 'function f(x) {\n  if (x) {\n    a();\n  }\n\n  // done\n  b();\n}\n';
  const range = (from: string, to: string, count: number) => ({
    startOffset: text.indexOf(from),
    endOffset: text.indexOf(to) + to.length,
    count,
  });

  it('leave out blocks that did not run, blank lines, comments and closing brackets', () => {
    const ranges = [{ startOffset: 0, endOffset: text.length - 1, count: 2 }, range('{\n    a', '\n  }', 0)];
    expect(executedLines([{ ranges }], codeLines(text))).toEqual([1, 2, 7]);
  });

  it('are none when the function was not called', () => {
    expect(
      executedLines([{ ranges: [{ startOffset: 0, endOffset: text.length, count: 0 }] }], codeLines(text)),
    ).toEqual([]);
  });
});
