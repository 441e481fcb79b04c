/**
 * ISO 8601 in UTC with milliseconds, or null. Takes ISO text (without a zone it is read as UTC) and epoch seconds,
 * milliseconds, microseconds or nanoseconds, told apart by size: seconds reach 2286 before they look like milliseconds.
 */
export function instant(value: unknown): string | null {
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return fromEpoch(value);
  if (typeof value !== 'string' || value.length < 8) return null;
  if (/^\d{10,19}(\.\d+)?$/.test(value)) return fromEpoch(Number(value));
  const text = value
    .trim()
    .replace(/^(\d{4}-\d\d-\d\d) /, '$1T')
    .replace(/(\.\d{3})\d+/, '$1')
    .replace(',', '.');
  const zoned = /[zZ]$|[+-]\d\d:?\d\d$/.test(text) || !/^\d{4}-\d\d-\d\dT/.test(text) ? text : `${text}Z`;
  return fromMilliseconds(Date.parse(zoned));
}

function fromEpoch(value: number): string | null {
  const scale = value < 1e10 ? 1e3 : value < 1e13 ? 1 : value < 1e16 ? 1e-3 : 1e-6;
  return fromMilliseconds(Math.round(value * scale));
}

const fromMilliseconds = (ms: number): string | null =>
  Number.isFinite(ms) && Math.abs(ms) < 8e15 && ms >= 0 ? new Date(ms).toISOString() : null;

/** Milliseconds between two instants, or null. */
export const between = (from: string | null, to: string | null): number | null => {
  if (from === null || to === null) return null;
  const ms = Date.parse(to) - Date.parse(from);
  return ms >= 0 ? ms : null;
};
