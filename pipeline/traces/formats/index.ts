import { isObject, type Json, type JsonObject } from '../draft.ts';
import { atif } from './atif.ts';
import { claudeCode } from './claude-code.ts';
import { codex } from './codex.ts';
import type { Format } from './format.ts';
import { geminiCli, geminiStream } from './gemini-cli.ts';
import { inspectLog, inspectSample } from './inspect.ts';
import { langfuse } from './langfuse.ts';
import { messageLines, messages } from './messages.ts';
import { miniSweAgent } from './mini-swe-agent.ts';
import { moatless } from './moatless.ts';
import { nemoGym } from './nemo-gym.ts';
import { openHandsV0 } from './openhands-v0.ts';
import { openHandsV1, openHandsV1Record } from './openhands-v1.ts';
import { pi } from './pi.ts';
import { sweAgent } from './swe-agent.ts';

/** Every format, the most particular first: the first that recognises a document reads it. */
export const formats: readonly Format[] = [
  miniSweAgent,
  atif,
  nemoGym,
  openHandsV1Record,
  openHandsV1,
  openHandsV0,
  sweAgent,
  inspectLog,
  inspectSample,
  moatless,
  langfuse,
  claudeCode,
  codex,
  pi,
  geminiStream,
  geminiCli,
  messages,
  messageLines,
];

export const formatNames: readonly string[] = [
  ...new Set([...formats.map((format) => format.name), 'auto-code-rover', 'aider', 'terminal-bench']),
].sort();

export const formatOf = (value: unknown, unit: Format['unit']): Format | null =>
  value !== null && typeof value === 'object'
    ? (formats.find((format) => format.unit === unit && format.matches(value as JsonObject | Json[])) ?? null)
    : null;

/** The format that shares most key paths with a document that none recognises, and what it lacks for it. */
export function closestFormat(value: unknown): { name: string; missing: string[]; found: string[] } | null {
  const paths = pathsOf(value);
  const ranked = formats
    .map((format) => ({
      name: format.name,
      missing: format.signature.filter((path) => !paths.has(path)),
      found: format.signature.filter((path) => paths.has(path)),
    }))
    .filter(({ found }) => found.length > 0)
    .sort(
      (a, b) =>
        b.found.length / (b.found.length + b.missing.length) - a.found.length / (a.found.length + a.missing.length),
    );
  return ranked[0] ?? null;
}

/** Key paths two levels deep, `[]` for elements. */
function pathsOf(value: unknown): Set<string> {
  const paths = new Set<string>();
  const visit = (node: unknown, prefix: string, depth: number) => {
    if (Array.isArray(node)) return visit(node[0], depth === 0 ? '' : `${prefix}[]`, depth + 1);
    if (!isObject(node) || depth > 3) return;
    for (const [key, item] of Object.entries(node)) {
      const path = prefix === '' ? key : `${prefix}.${key}`;
      paths.add(path);
      visit(item, path, depth + 1);
    }
  };
  visit(value, '', 0);
  return paths;
}
