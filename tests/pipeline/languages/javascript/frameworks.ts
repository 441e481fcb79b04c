import { join } from 'node:path';
import { DataError } from '../../../../pipeline/errors.ts';
import { javascriptRunner } from '../../../../pipeline/languages/javascript/runner/index.ts';
import type { TestRunner } from '../../../../pipeline/ports.ts';
import {
  type OwnEnvironment,
  ownEnvironments,
  prepareNodeEnvironment,
} from '../../../../pipeline/repositories/node-environment.ts';
import { openSandbox } from '../../../../pipeline/sandbox/index.ts';
import { project } from '../../../sources.ts';
import { node } from './tiny.ts';

/** The runner with what a framework is installed from; null, and printed why, where it cannot be had. */
export async function runnerOf(framework: OwnEnvironment): Promise<TestRunner | null> {
  try {
    const frameworks = ownEnvironments[framework];
    const cacheDir = join(project, 'data/cache');
    const { node_modules } = await prepareNodeEnvironment({ cacheDir, frameworks, dependencies: [] });
    const packagesOf = { [framework]: node_modules };
    return javascriptRunner({ sandbox: await openSandbox(), node, node_modules: null, packagesOf });
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    process.stderr.write(`${framework} is not tested: ${error.message}\n`);
    return null;
  }
}
