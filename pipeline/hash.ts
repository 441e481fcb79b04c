import { createHash } from 'node:crypto';

/** Lower-case hex SHA-256. */
export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/**
 * JSON with sorted keys, so equal values have equal text. Rejects what JSON would lose: functions, symbols, maps, sets and
 * other classes. Missing values are null in a list and absent in an object.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number' && !Number.isFinite(value)) return JSON.stringify(String(value));
  if (typeof value === 'function' || typeof value === 'symbol') throw notData(value);
  if (value === null || typeof value !== 'object') return JSON.stringify(value ?? null);
  if (Array.isArray(value) || ArrayBuffer.isView(value))
    return `[${Array.from(value as unknown[], canonicalJson).join(',')}]`;
  if (!isPlain(value)) throw notData(value);
  const entries = Object.entries(value).filter(([, v]) => v !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`).join(',')}}`;
}

const isPlain = (value: object): boolean => {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};

const notData = (value: unknown): TypeError =>
  new TypeError(`canonical JSON is of plain data, found ${Object.prototype.toString.call(value)}`);

/** Content hash as a key, for example `task_3f9a0c…` (prefix and 16 hex digits). */
export const contentId = (prefix: string, value: unknown): string =>
  `${prefix}_${sha256(canonicalJson(value)).slice(0, 16)}`;
