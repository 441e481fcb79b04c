'use strict';
/** Which tests run, and what they are called. A test's id is `<test file>::<names of the path joined by ' > '>`. */

const SEPARATOR = ' > ';

/** Gives every name below the same parent a different text: the second `x` is `x#2`. */
class Names {
  #counts = new Map();

  unique(parent, name) {
    const key = `${parent}\n${name}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return count === 1 ? name : `${name}#${count}`;
  }

  top(file, name) {
    return `${file}::${this.unique(file, String(name).toWellFormed())}`;
  }

  child(parent, name) {
    return `${parent}${SEPARATOR}${this.unique(parent, String(name).toWellFormed())}`;
  }
}

/** The asked tests, or all but the deselected ones. */
class Selection {
  #asked;
  #ranks = new Map();
  #deselected;

  constructor(asked, deselected) {
    this.#asked = asked ? new Set(asked) : null;
    this.#deselected = new Set(deselected);
    asked?.forEach((id, index) => {
      this.#reach(id, index);
    });
  }

  #reach(id, index) {
    for (let end = id.indexOf(SEPARATOR); end >= 0; end = id.indexOf(SEPARATOR, end + 1))
      this.#rank(id.slice(0, end), index);
    this.#rank(id, index);
    this.#rank(id.slice(0, id.indexOf('::')), index);
  }

  #rank(key, index) {
    if (!this.#ranks.has(key)) this.#ranks.set(key, index);
  }

  /** Its result is asked for. */
  wants(id) {
    return this.#asked ? this.#asked.has(id) : !this.#deselected.has(id);
  }

  /** It is wanted, or a wanted test is below it. */
  reaches(id) {
    return this.#asked ? this.#ranks.has(id) : !this.#deselected.has(id);
  }

  /** The files to load, in the order asked. */
  files(all) {
    return this.sorted(
      all.filter((file) => this.reaches(file)),
      (file) => file,
    );
  }

  /** Siblings in the order their tests were asked for. Without an asked order they stay as they are. */
  sorted(items, idOf) {
    if (!this.#asked) return [...items];
    const rank = (item) => this.#ranks.get(idOf(item)) ?? Number.MAX_SAFE_INTEGER;
    return [...items].sort((a, b) => rank(a) - rank(b));
  }
}

module.exports = { Names, Selection };
