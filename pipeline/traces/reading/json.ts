import { isUtf8 } from 'node:buffer';
import type { Fault } from './blob.ts';
import { jsonErrorAt } from './json-error.ts';

export type Parsed = { value: unknown } | { fault: Fault };

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;

/**
 * One JSON value out of bytes, refusing what JSON.parse would let pass or change silently: bytes that are not UTF-8,
 * lone surrogates, a key given twice in one object. `base` is added to offsets.
 */
export function parseJson(bytes: Buffer, base = 0): Parsed {
  if (!isUtf8(bytes))
    return {
      fault: { code: 'not_utf8', message: 'bytes that are not UTF-8', byte_offset: base + firstBadByte(bytes) },
    };
  const text = stripMark(bytes).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { fault: explain(text, error as Error, base) };
  }
  const surrogate = loneSurrogate(text);
  if (surrogate !== null)
    return {
      fault: {
        code: 'lone_surrogate',
        message: `half of a surrogate pair: ${surrogate.word}`,
        byte_offset: base + Buffer.byteLength(text.slice(0, surrogate.at)),
      },
    };
  if (countKeysIn(bytes) !== countKeysOf(value)) {
    const twice = duplicateKey(text);
    if (twice)
      return {
        fault: {
          code: 'duplicate_key',
          message: `key ${JSON.stringify(twice.key)} is given twice in one object`,
          byte_offset: base + Buffer.byteLength(text.slice(0, twice.at)),
        },
      };
  }
  return { value };
}

const stripMark = (bytes: Buffer): Buffer =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;

function firstBadByte(bytes: Buffer): number {
  let at = 0;
  while (at < bytes.length) {
    const lead = bytes[at]!;
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (!isUtf8(bytes.subarray(at, at + length))) return at;
    at += length;
  }
  return at;
}

function explain(text: string, error: Error, base: number): Fault {
  const at = jsonErrorAt(text) ?? text.length;
  const byte_offset = base + Buffer.byteLength(text.slice(0, at));
  const word = text.slice(at, at + 12).match(/^-?(?:NaN|Infinity)\b/)?.[0];
  if (word) return { code: 'nan', message: `${word} is not JSON`, byte_offset };
  if (at >= text.trimEnd().length) return { code: 'truncated', message: 'the JSON is cut short', byte_offset };
  return {
    code: 'not_json',
    message: `${error.message.split('\n')[0]!.slice(0, 160)}; near ${JSON.stringify(text.slice(at, at + 24))}`,
    byte_offset,
  };
}

/** Only escapes can smuggle half a pair into UTF-8. */
function loneSurrogate(text: string): { word: string; at: number } | null {
  if (!/\\u[dD][89a-fA-F]/.test(text)) return null;
  const half = /\\+u[dD][89a-fA-F][0-9a-fA-F]{2}/g;
  for (let match = half.exec(text); match; match = half.exec(text)) {
    const slashes = match[0].indexOf('u');
    if (slashes % 2 === 0) continue;
    const word = match[0].slice(slashes - 1).toLowerCase();
    const next = text.slice(half.lastIndex, half.lastIndex + 6);
    const isHigh = word < '\\udc00';
    if (!isHigh || !/^\\u[dD][c-fC-F][0-9a-fA-F]{2}$/.test(next)) return { word, at: match.index };
    half.lastIndex += 6;
  }
  return null;
}

/** Strings followed by a colon, outside strings. Valid JSON only. */
function countKeysIn(bytes: Buffer): number {
  let keys = 0;
  const { length } = bytes;
  for (let i = 0; i < length; i++) {
    if (bytes[i] !== quote) continue;
    i++;
    while (bytes[i] !== quote) i += bytes[i] === backslash ? 2 : 1;
    let next = i + 1;
    while (bytes[next] === 0x20 || bytes[next] === 0x0a || bytes[next] === 0x0d || bytes[next] === 0x09) next++;
    if (bytes[next] === colon) keys++;
  }
  return keys;
}

function countKeysOf(value: unknown): number {
  if (value === null || typeof value !== 'object') return 0;
  let keys = 0;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') keys += countKeysOf(item);
    return keys;
  }
  for (const key in value) {
    keys++;
    const item = (value as Record<string, unknown>)[key];
    if (typeof item === 'object') keys += countKeysOf(item);
  }
  return keys;
}

/** Finds the key again, slowly, for the message. Walks valid JSON. */
function duplicateKey(text: string): { key: string; at: number } | null {
  const open: (Set<string> | null)[] = [];
  const token = /"(?:[^"\\]|\\.)*"|[{}[\]]/g;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const word = match[0];
    if (word === '{') open.push(new Set());
    else if (word === '[') open.push(null);
    else if (word === '}' || word === ']') open.pop();
    else if (/^\s*:/.test(text.slice(token.lastIndex, token.lastIndex + 64))) {
      const key = JSON.parse(word) as string;
      const keys = open.at(-1);
      if (keys?.has(key)) return { key, at: match.index };
      keys?.add(key);
    }
  }
  return null;
}
