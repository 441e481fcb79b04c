import type { RepositorySnapshot, Sandbox, SuiteRequest, SuiteRun, TestRunner } from '../../../ports.ts';
import { newCanaries } from '../../canary.ts';
import { editedTexts } from '../../edited.ts';
import { openFresh } from '../../fresh.ts';
import { readReport, suiteRun } from '../../suite-run.ts';
import { type GoInstallation, goCommand } from './command.ts';
import { chosen, packagesOf } from './packages.ts';

/** Raise it when the same request should now give another answer. */
const version = 1;

/** Runs the test functions of Go modules. */
export function goRunner({ sandbox, ...installation }: GoInstallation & { sandbox: Sandbox }): TestRunner {
  const cold = (repository: RepositorySnapshot, request: SuiteRequest) =>
    runCold(sandbox, installation, repository, request);
  return {
    id: `go/${version} ${sandbox.id}`,
    language: 'go',
    cold,
    warm: (repository) => openFresh(repository, (request) => cold(repository, request)),
  };
}

/** One fresh process: the packages that hold the asked tests are built, and each one's tests run in that order. */
async function runCold(
  sandbox: Sandbox,
  installation: GoInstallation,
  repository: RepositorySnapshot,
  request: SuiteRequest,
): Promise<SuiteRun> {
  const texts = await editedTexts(repository, request.edits);
  const all = packagesOf(repository);
  const packages = request.tests ? chosen(all, request.tests) : all;
  const canaries = newCanaries(packages.length, 'go');
  const ended = await sandbox.run(goCommand(installation, repository, { request, packages, canaries, texts }));
  return suiteRun(readReport(ended, canaries), ended, request);
}
