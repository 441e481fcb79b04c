import { dirname, join } from 'node:path';
import type { HarborOptions } from '../pipeline/exporters/harbor.ts';
import { nodeInterpreter, type ProofOptions } from '../pipeline/exporters/proof.ts';
import { preparePythonEnvironment } from '../pipeline/repositories/python-environment.ts';
import { openSandbox } from '../pipeline/sandbox/index.ts';
import { project } from './sources.ts';
import type { TinyWorld } from './tiny.ts';

/** What jobs/export.ts wires, over the tiny world. */
export async function exportSettings({ library }: TinyWorld): Promise<{ harbor: HarborOptions; proof: ProofOptions }> {
  const python = await preparePythonEnvironment({
    cacheDir: join(project, 'data/cache'),
    python: 'python3',
    requirements: [],
  });
  return {
    harbor: {
      round: 1,
      name: 'socratic/tiny',
      toolchain: {
        python_version: '3.11.7',
        node_version: process.versions.node,
        go_version: null,
        requirements: () => [],
        installed: () => ({}),
      },
      snapshotOf: (id) => library.seeds.find((s) => s.repository_id === id)!.snapshot!,
    },
    proof: {
      sandbox: await openSandbox(),
      interpreterOf: (id) =>
        library.seeds.find((s) => s.repository_id === id)!.language === 'python'
          ? { path: [dirname(python.python)], binds: python.binds }
          : nodeInterpreter(process.execPath),
    },
  };
}
