'use strict';
/** Test files in the order asked for. */

const { filesInOrder } = require('./jest-follow.cjs');
const { root } = require('./place.cjs');

module.exports = class Order {
  sort(tests) {
    const files = filesInOrder();
    return [...tests].sort(
      (a, b) => files.indexOf(a.path.slice(root.length)) - files.indexOf(b.path.slice(root.length)),
    );
  }

  shard(tests) {
    return tests;
  }

  allFailedTests(tests) {
    return tests;
  }

  cacheResults() {}
};
