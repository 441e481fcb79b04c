'use strict';
/** The test program of one package, with our test file among those of the package. */

const { spawnSync } = require('node:child_process');
const { join } = require('node:path');
const { writeFileSync } = require('node:fs');
const { masked } = require('./complaint.cjs');

/** Path of the program, or why there is none. */
function build({ root, folder, harness, work, index, environment, coverage }) {
  const [text, overlay, program] = ['go', 'json', 'test'].map((ending) => join(work, `${index}.${ending}`));
  writeFileSync(text, harness.text);
  writeFileSync(overlay, JSON.stringify({ Replace: { [join(root, folder, harness.file)]: text } }));
  const covered = coverage ? ['-cover', '-covermode=set', '-coverpkg=./...'] : [];
  const flags = ['-vet=off', '-ldflags=-s -w', `-overlay=${overlay}`, ...covered, '-o', program];
  const { status, stderr, error } = spawnSync('go', ['test', '-c', ...flags, `./${folder}`], {
    cwd: root,
    env: environment,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (error) throw error;
  return status === 0 ? { program } : { complaint: complaintOf(stderr, root) };
}

/** The first thing that the compiler says, without the line that names the package. */
function complaintOf(stderr, root) {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('# '));
  return masked(lines[0] ?? 'the tests cannot be built', root);
}

module.exports = { build };
