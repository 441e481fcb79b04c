import type { RepositorySnapshot, Sandbox, SuiteRequest, TestRunner } from '../../../ports.ts';
import { openFresh } from '../../fresh.ts';
import { runCold } from './cold.ts';
import { isProcessOnly, type NodeInstallation } from './command.ts';
import { openWarm } from './warm.ts';

export interface JavascriptRunnerOptions extends NodeInstallation {
  sandbox: Sandbox;
  /** Packages in the place of `node_modules` for repositories of these frameworks. */
  packagesOf?: Readonly<Partial<Record<RepositorySnapshot['test']['runner'], string>>>;
}

/** Raise it when the same request should now give another answer. */
const version = 2;

/** Runs tape, node:test, mocha, jest and vitest suites. */
export function javascriptRunner({ sandbox, node, node_modules, packagesOf }: JavascriptRunnerOptions): TestRunner {
  const installed = ({ test }: RepositorySnapshot): NodeInstallation => ({
    node,
    node_modules: packagesOf?.[test.runner] ?? node_modules,
  });
  const cold = (repository: RepositorySnapshot, request: SuiteRequest) =>
    runCold(sandbox, installed(repository), repository, request);
  return {
    id: `javascript/${version} ${sandbox.id}`,
    language: 'javascript',
    cold,
    warm: (repository) =>
      isProcessOnly(repository)
        ? openFresh(repository, (request) => cold(repository, request))
        : openWarm(sandbox, installed(repository), repository),
  };
}
