import type { RepositorySnapshot, Sandbox, SuiteRequest, SuiteRun, TestRunner } from '../../../ports.ts';
import { remembering } from '../../../remembering.ts';
import { newCanaries } from '../../canary.ts';
import { editedTexts } from '../../edited.ts';
import { openFresh } from '../../fresh.ts';
import { readReport, suiteRun } from '../../suite-run.ts';
import { type GoInstallation, goCommand } from './command.ts';
import { chosen, modulePath, packagesOf } from './packages.ts';

/** Raise it when the same request should now give another answer. */
const version = 1;

/** Runs the test functions of Go modules. */
export function goRunner({ sandbox, ...installation }: GoInstallation & { sandbox: Sandbox }): TestRunner {
  const moduleOf = remembering(readModule);
  const cold = async (repository: RepositorySnapshot, request: SuiteRequest) =>
    runCold(sandbox, { installation, module: moduleOf(repository) }, repository, request);
  return {
    id: `go/${version} ${sandbox.id}`,
    language: 'go',
    cold,
    warm: (repository) => openFresh(repository, (request) => cold(repository, request)),
  };
}

/** What the pristine tree says of itself: read once, not for each tried edit. */
const readModule = (repository: RepositorySnapshot) => ({
  module_path: modulePath(repository),
  packages: packagesOf(repository),
});

/** One fresh process: the packages that hold the asked tests are built, and each one's tests run in that order. */
async function runCold(
  sandbox: Sandbox,
  { installation, module }: { installation: GoInstallation; module: ReturnType<typeof readModule> },
  repository: RepositorySnapshot,
  request: SuiteRequest,
): Promise<SuiteRun> {
  const texts = await editedTexts(repository, request.edits);
  const { module_path } = module;
  const packages = request.tests ? chosen(module.packages, request.tests) : module.packages;
  const canaries = newCanaries(packages.length, 'go');
  const ended = await sandbox.run(
    goCommand(installation, repository, { request, module_path, packages, canaries, texts }),
  );
  return suiteRun(readReport(ended, canaries), ended, request);
}
