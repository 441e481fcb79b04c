'use strict';
/** Tests that must fail. Where one does not, something makes failures vanish, and no result of the run is believed. */

/** A tape block fails with its first bad assertion, so each kind of assertion has a block of its own. */
const tapeComplaints = [
  (t) => t.equal(1, 2),
  (t) => t.deepEqual([1], [2]),
  (t) => t.ok(false),
  (t) => t.throws(() => {}),
];

/** Every usual way to complain has to work; one that does not lets the test pass, and that gives it away. */
function mustFail(more = []) {
  const assert = require('node:assert');
  const complaints = [
    ...more,
    () => assert.equal(1, 2),
    () => assert.strictEqual(1, 2),
    () => assert.deepEqual([1], [2]),
    () => assert.deepStrictEqual([1], [2]),
    () => assert.strict.equal(1, 2),
    () => assert.ok(false, 'canary'),
    () => assert(false, 'canary'),
    () => assert.throws(() => {}),
    () => assert.fail('canary'),
  ];
  for (const complaint of complaints) if (!complains(complaint)) return;
  throw new Error('canary');
}

/** The same for the `expect` of jest and vitest. */
const complaintsOf = (expect) => [
  () => expect(1).toBe(2),
  () => expect([1]).toEqual([2]),
  () => expect({ a: 1 }).toStrictEqual({ a: 2 }),
  () => expect('canary').toMatch('bird'),
  () => expect(() => {}).toThrow(),
  () => expect(1).not.toBe(1),
];

function complains(complaint) {
  try {
    complaint();
    return false;
  } catch {
    return true;
  }
}

const planted = {
  tape: (test, names) =>
    names.forEach((name, index) => {
      test(name, (t) => {
        tapeComplaints[index](t);
        t.end();
      });
    }),
  // in a suite of its own: tests outside of any run first
  mocha: (describe, [name]) => {
    const [suite, title] = name.split(' > ');
    describe(suite, () => globalThis.it(title, () => mustFail()));
  },
  'node-test': (test, [name]) => test(name, () => mustFail()),
};

/** Files with the canaries' file after them, and a `load` that knows it. `test`: gives the framework's own function. */
function withCanaries({ runner, canaries, files, load, test }) {
  if (!canaries || canaries.length === 0) return { files, load };
  const [file] = canaries[0].split('::');
  const names = canaries.map((id) => id.split('::')[1]);
  return {
    files: [...files, file],
    load: (path) => (path === file ? planted[runner](test(), names) : load(path)),
  };
}

module.exports = { complaintsOf, mustFail, withCanaries };
