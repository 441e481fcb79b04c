/** Text of unknown origin without what would steer a terminal; line breaks and tabs stay. */
export const printable = (text: string): string =>
  text.replace(/(?![\n\t])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');

/** Rows as aligned text for people. Numbers to the right, long cells cut. */
export function drawTable(rows: readonly object[], widest = 60): string {
  if (rows.length === 0) return '(no rows)';
  const names = Object.keys(rows[0]!);
  const cells = rows.map((row) => names.map((name) => cell((row as Record<string, unknown>)[name], widest)));
  const numeric = names.map((name) => rows.every((row) => isNumeric((row as Record<string, unknown>)[name])));
  const widths = names.map((name, i) => Math.max(name.length, ...cells.map((line) => line[i]!.length)));
  const line = (parts: readonly string[]) =>
    parts
      .map((part, i) => (numeric[i] ? part.padStart(widths[i]!) : part.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  return printable([line(names), line(widths.map((w) => '─'.repeat(w))), ...cells.map(line)].join('\n'));
}

const isNumeric = (value: unknown): boolean => value === null || typeof value === 'number';

function cell(value: unknown, widest: number): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : value.toFixed(3);
  const text = (typeof value === 'string' ? value : JSON.stringify(value)).replace(/[\p{Cc}\s]+/gu, ' ');
  return text.length > widest ? `${text.slice(0, widest - 1)}…` : text;
}
