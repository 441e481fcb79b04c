import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

export const project = join(import.meta.dirname, '..');

/** One imported module of a source file: a path from the project's root, or a bare specifier. */
export interface Import {
  from: string;
  line: number;
  to: string;
}

/** Files that git tracks or would track, and that are there. */
export function projectFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: project,
  });
  const paths = [...new Set(listed.toString().split('\0'))].filter((path) => path !== '');
  return paths.filter((path) => existsSync(join(project, path))).sort();
}

export const textOf = (path: string): string => readFileSync(join(project, path), 'utf8');

/** Every static or dynamic import of a TypeScript file. */
export function importsOf(from: string, text = textOf(from)): Import[] {
  return text.split('\n').flatMap((content, index) => {
    const found = content.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|^\s*import\s+)'([@\w./:-]+)'/g);
    return [...found].map(([, target]) => ({ from, line: index + 1, to: resolved(from, target!) }));
  });
}

const resolved = (from: string, target: string): string =>
  target.startsWith('.') ? normalize(join(dirname(from), target)) : target;

/** Code without comments, so that words in prose are not taken for code. Keeps the line numbers. */
export const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' ')).replace(/(^|\s)\/\/.*$/gm, '$1');
