'use strict';
/** Executed lines out of the profile that a test program writes. */

const { existsSync, readFileSync } = require('node:fs');

const block = /^(.+):(\d+)\.\d+,(\d+)\.\d+ \d+ (\d+)$/;

/** Line numbers by path, sorted; nothing when the program ended before it could write. */
function coverageIn(profile, { module_path, source_paths }) {
  if (!existsSync(profile)) return {};
  const lines = new Map();
  for (const text of readFileSync(profile, 'utf8').split('\n')) {
    const [, name, first, last, times] = block.exec(text) ?? [];
    if (name === undefined || times === '0') continue;
    const path = name.slice(module_path.length + 1);
    if (!source_paths.includes(path)) continue;
    const known = lines.get(path) ?? new Set();
    for (let line = Number(first); line <= Number(last); line += 1) known.add(line);
    lines.set(path, known);
  }
  return Object.fromEntries([...lines].sort().map(([path, found]) => [path, [...found].sort((a, b) => a - b)]));
}

module.exports = { coverageIn };
