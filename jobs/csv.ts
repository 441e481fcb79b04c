/** Rows as RFC 4180 text with a header. Lists and objects are written as JSON; nothing is an empty field. */
export function csvOf(rows: readonly object[]): string {
  if (rows.length === 0) return '';
  const names = Object.keys(rows[0]!);
  const lines = rows.map((row) => names.map((name) => field((row as Record<string, unknown>)[name])).join(','));
  return [names.map(field).join(','), ...lines].join('\r\n');
}

function field(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
