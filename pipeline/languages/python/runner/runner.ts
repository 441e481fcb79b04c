import type { RepositorySnapshot, SuiteRequest, SuiteRun, TestRunner, WarmSession } from '../../../ports.ts';
import { coldRun } from './cold.ts';
import type { RunnerOptions } from './command.ts';
import { Sources } from './edits.ts';
import { openSession } from './session.ts';

/** Raise it when the same run should now come out differently. */
const version = 2;

/**
 * Runs pytest suites in the sandbox.
 *
 * A test passes when its set-up, call and tear-down all did. Skipped, expected to fail and unexpectedly passing tests
 * are `skipped`; the message says which. With `stop_at_first_failure` a run that stopped there is complete.
 */
export function pythonRunner(options: RunnerOptions): TestRunner {
  return {
    id: `python-pytest/${version} ${options.python.id}`,
    language: 'python',
    cold: (repository: RepositorySnapshot, request: SuiteRequest): Promise<SuiteRun> =>
      coldRun(options, repository, new Sources(repository), request),
    warm: (repository: RepositorySnapshot): Promise<WarmSession> => openSession(options, repository),
  };
}
