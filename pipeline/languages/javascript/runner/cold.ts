import type { RepositorySnapshot, Sandbox, SuiteRequest, SuiteRun } from '../../../ports.ts';
import { editedTexts } from '../../edited.ts';
import { readReport, suiteRun } from '../../suite-run.ts';
import { canariesFor, coldCommand, isProcessOnly, type NodeInstallation } from './command.ts';

/** One fresh process with the real framework. Coverage comes from a warm session, where a framework has one. */
export async function runCold(
  sandbox: Sandbox,
  installation: NodeInstallation,
  repository: RepositorySnapshot,
  request: SuiteRequest,
): Promise<SuiteRun> {
  if (request.coverage && !isProcessOnly(repository))
    throw new Error('a cold run measures no coverage: ask a warm session');
  const texts = await editedTexts(repository, request.edits);
  const canaries = canariesFor(repository, request.tests);
  const job = { request, texts, canaries, wall_ms: request.wall_ms };
  const ended = await sandbox.run(coldCommand(installation, repository, job));
  return suiteRun(readReport(ended, canaries), ended, request);
}
