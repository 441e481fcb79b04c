import { DataError } from '../../errors.ts';

/** What a user may ask for. */
export type Spec =
  | { kind: 'npm'; name: string; version: string }
  | { kind: 'pypi'; name: string; version: string }
  | { kind: 'go'; name: string; version: string }
  | { kind: 'git'; url: string }
  | { kind: 'path'; path: string };

/** Reads `npm:name@version`, `pypi:name==version`, `go:path@version`, a git address, or a folder. */
export function parseSpec(text: string): Spec {
  const npm = /^npm:((?:@[\w.-]+\/)?[\w.-]+)@(\d+\.\d+\.\d+[\w.+-]*)$/.exec(text);
  if (npm) return { kind: 'npm', name: npm[1]!, version: npm[2]! };
  const pypi = /^pypi:([A-Za-z0-9][\w.-]*)==([\w.!+]+)$/.exec(text);
  if (pypi) return { kind: 'pypi', name: pypi[1]!, version: pypi[2]! };
  const go = /^go:([\w.-]+\.[\w.-]+(?:\/[\w.~-]+)+)@(v\d+\.\d+\.\d+[\w.+-]*)$/.exec(text);
  if (go) return { kind: 'go', name: go[1]!, version: go[2]! };
  if (/^(npm|pypi|go):/.test(text)) throw notExact(text);
  if (/^(https?|ssh|git|file):\/\/|^git@[\w.-]+:|\.git$/.test(text) && !text.startsWith('-'))
    return { kind: 'git', url: text };
  return { kind: 'path', path: text };
}

const notExact = (found: string): DataError =>
  DataError.of({
    where: 'repository',
    expected: 'an exact version: npm:name@1.2.3, pypi:name==1.2.3 or go:host/path@v1.2.3',
    found,
    fix: 'say which version',
  });
