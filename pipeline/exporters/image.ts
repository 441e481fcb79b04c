import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataError } from '../errors.ts';
import { applyPatch } from '../mutation/patch.ts';
import type { Language, RepositorySnapshot } from '../ports.ts';
import { pinsOf as frameworkPinsOf } from '../repositories/node-environment.ts';
import { basePins } from '../repositories/python-environment.ts';
import type { BundleFile } from './bundle.ts';
import { commitId, commitScript } from './commit.ts';
import type { CuratedTask } from './curated.ts';
import { workdir } from './grader/plan.ts';
import { type InstalledPackages, npmLock } from './npm-lock.ts';

/** What is needed to say how an image is built. */
export interface Toolchain {
  /** `3.11.7`, `24.21.0`: what the tests were seen to run on. */
  python_version: string;
  node_version: string;
  /** `1.26.0`; null where no repository is in Go. */
  go_version: string | null;
  /** Exact pins that the tests of a repository need, by its name. */
  requirements(name: string): readonly string[];
  /** What npm installed for the tests of a JavaScript framework. */
  installed(runner: string): InstalledPackages;
}

/** The image of a task: a broken tree in one commit, its packages, and nothing that tells of the bug. */
export interface TaskImage {
  /** Build context: Dockerfile, exact pins of every package, `repo/`. */
  files: BundleFile[];
  base_commit: string;
}

export interface ImageOptions {
  toolchain: Toolchain;
  /** Makes a user `agent` that owns the tree. */
  has_agent_user: boolean;
}

export function imageOf({ key }: CuratedTask, snapshot: RepositorySnapshot, options: ImageOptions): TaskImage {
  const tree = brokenTree(snapshot, key.bug_patch);
  const base_commit = commitId(tree);
  const pins = pinsOf(snapshot, options.toolchain);
  return {
    base_commit,
    files: [
      { path: 'Dockerfile', content: dockerfile(snapshot, base_commit, options) },
      ...pins,
      ...[...tree].map(([path, content]) => ({ path: `repo/${path}`, content })),
    ],
  };
}

/** Every file of a repository as it was found. */
export const pristineTree = ({ root }: RepositorySnapshot): Map<string, Buffer> =>
  new Map(filesBelow(root).map((path) => [path, readFileSync(join(root, path))]));

/** The same with the bug put in. */
export function brokenTree(snapshot: RepositorySnapshot, bug_patch: string): Map<string, Buffer> {
  const tree = pristineTree(snapshot);
  const broken = applyPatch((path) => tree.get(path)?.toString('utf8'), bug_patch);
  for (const [path, text] of broken) tree.set(path, Buffer.from(text));
  return tree;
}

function filesBelow(root: string): string[] {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  const paths = entries.flatMap((entry) => {
    if (entry.isDirectory()) return [];
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) return [path.slice(root.length + 1)];
    throw DataError.of({
      where: path,
      expected: 'a plain file',
      found: 'a link or a device',
      fix: 'leave the seed out',
    });
  });
  return paths.filter((path) => !/(^|\/)(\.git|__pycache__)\//.test(path)).sort();
}

function pinsOf(snapshot: RepositorySnapshot, { requirements, installed }: Toolchain): BundleFile[] {
  if (snapshot.language === 'go') return [];
  const own = requirements(snapshot.name);
  if (snapshot.language === 'python') {
    const pins = [...basePins.filter((pin) => !pin.startsWith('pip==')), ...own].sort();
    return [{ path: 'requirements.txt', content: `${pins.join('\n')}\n` }];
  }
  const framework = frameworkPinsOf(snapshot.test.runner);
  const dependencies = Object.fromEntries([...framework, ...own].sort().map(split));
  return [
    { path: 'package.json', content: `${JSON.stringify({ private: true, dependencies }, null, 2)}\n` },
    { path: 'package-lock.json', content: npmLock(dependencies, installed(snapshot.test.runner)) },
  ];
}

const split = (pin: string): [string, string] => {
  const at = pin.lastIndexOf('@');
  return [pin.slice(0, at), pin.slice(at + 1)];
};

function dockerfile(snapshot: RepositorySnapshot, commit: string, options: ImageOptions): string {
  const { toolchain, has_agent_user } = options;
  return [
    ...bases[snapshot.language](toolchain),
    ...environmentOf(snapshot),
    `COPY repo ${workdir}`,
    `WORKDIR ${workdir}`,
    `RUN ${[...commitScript, `test "$(git rev-parse HEAD)" = ${commit}`].join(' \\\n && ')}`,
    `RUN git config --system --add safe.directory ${workdir}`,
    ...(has_agent_user ? [`RUN useradd --create-home agent && chown -R agent ${workdir}`] : []),
    '',
  ].join('\n');
}

const withGit = 'RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*';

/** Interpreters and packages. An image of Go has Node too: the grader is written in it. */
const bases: Readonly<Record<Language, (toolchain: Toolchain) => string[]>> = {
  python: ({ python_version }) => [
    `FROM python:${python_version}-slim-bookworm`,
    withGit,
    'COPY requirements.txt /opt/requirements.txt',
    'RUN python -m pip install --no-cache-dir --no-deps --only-binary=:all: -r /opt/requirements.txt',
  ],
  javascript: ({ node_version }) => [
    `FROM node:${node_version}-bookworm-slim`,
    withGit,
    'COPY package.json package-lock.json /',
    'RUN cd / && npm ci --ignore-scripts --no-audit --no-fund --legacy-peer-deps',
  ],
  go: ({ node_version, go_version }) => [
    `FROM golang:${go_version}-bookworm`,
    `COPY --from=node:${node_version}-bookworm-slim /usr/local/bin/node /usr/local/bin/node`,
    'ENV GOCACHE=/go-build CGO_ENABLED=0 GOFLAGS=-buildvcs=false',
    'COPY repo/go.mod repo/go.su[m] /opt/pins/',
    'RUN cd /opt/pins && go mod download && go build std && chmod -R a+rwX /go-build',
    'ENV GOPROXY=off',
  ],
};

/** What a user needs to run the tests by hand. */
function environmentOf({ language, test }: RepositorySnapshot): string[] {
  const roots = test.import_roots.map((root) => `${workdir}/${root}`).join(':');
  const variables = {
    ...(language === 'javascript' ? { PATH: '/node_modules/.bin:$PATH' } : {}),
    ...(roots === '' || language === 'go' ? {} : { [language === 'python' ? 'PYTHONPATH' : 'NODE_PATH']: roots }),
    ...test.environment,
  };
  return Object.entries(variables).map(([name, value]) => `ENV ${name}=${JSON.stringify(value)}`);
}
