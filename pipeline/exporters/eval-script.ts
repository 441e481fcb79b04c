import type { RepositorySnapshot } from '../ports.ts';
import type { CuratedTask } from './curated.ts';
import { graderCommand, graderFiles, workdir } from './grader/plan.ts';
import { tarball } from './tar.ts';

const folder = '/tmp/socratic-grader';

/**
 * What SWE-bench's harness runs in a container whose tree holds the patch: the tests as they were, the grader out of
 * the script itself (so that no image holds it), one TAP line a test between the markers.
 */
export function evalScript(curated: CuratedTask, snapshot: RepositorySnapshot, base_commit: string): string {
  const archive = tarball(graderFiles(curated, snapshot, folder))
    .toString('base64')
    .replace(/.{76}/g, '$&\n');
  const restore = `git checkout -q ${base_commit} -- ${snapshot.test_paths.map(quoted).join(' ')}`;
  return [
    '#!/bin/bash',
    'set -uxo pipefail',
    `cd ${workdir}`,
    `git config --global --add safe.directory ${workdir}`,
    restore,
    `git ls-files -z --others -- ${meddling.map(quoted).join(' ')} | xargs -0 -r rm -f --`,
    `rm -rf ${folder} && mkdir -p ${folder}`,
    `base64 -d <<'SOCRATIC_GRADER' | tar -xzf - -C ${folder}`,
    archive.trimEnd(),
    'SOCRATIC_GRADER',
    ": '>>>>> Start Test Output'",
    `${graderCommand(snapshot.language, folder)} --tap`,
    ": '>>>>> End Test Output'",
    restore,
    '',
  ].join('\n');
}

/** New files by which a patch could change how tests run. */
const meddling = [
  ':(glob)**/conftest.py',
  ':(glob)**/sitecustomize.py',
  ':(glob)**/pytest.ini',
  ':(glob)**/tox.ini',
  ':(glob)**/*_test.go',
];

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
