/**
 * A value as DuckDB gives it back: half of a surrogate pair becomes U+FFFD (its JSON reader refuses a file with one), a
 * byte order mark at the start of a text is dropped (its client drops it on reading), -0 is 0. Messages of other
 * people's tests hold all of these. Applied before writing and before digests, so that what is read is what was meant.
 */
export function storable<T>(value: T): T {
  return (typeof value === 'string' ? text(value) : inside(value)) as T;
}

const text = (value: string): string => value.toWellFormed().replace(/^\ufeff+/, '');

function inside(value: unknown): unknown {
  if (value === 0) return 0;
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.some(isAltered) ? value.map(storable) : value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, storable(item)]));
}

/** Most lists are thousands of floats: they are not copied for nothing. */
const isAltered = (value: unknown): boolean => !Object.is(storable(value), value);
