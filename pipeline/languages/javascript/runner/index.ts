import type { Sandbox, TestRunner } from '../../../ports.ts';
import { runCold } from './cold.ts';
import type { NodeInstallation } from './command.ts';
import { openWarm } from './warm.ts';

export interface JavascriptRunnerOptions extends NodeInstallation {
  sandbox: Sandbox;
}

/** Raise it when the same request should now give another answer. */
const version = 1;

/** Runs tape, node:test and mocha suites of CommonJS packages. */
export function javascriptRunner({ sandbox, node, node_modules }: JavascriptRunnerOptions): TestRunner {
  const installation = { node, node_modules };
  return {
    id: `javascript/${version} ${sandbox.id}`,
    language: 'javascript',
    cold: (repository, request) => runCold(sandbox, installation, repository, request),
    warm: (repository) => openWarm(sandbox, installation, repository),
  };
}
