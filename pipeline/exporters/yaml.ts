/**
 * Plain data as block YAML. Every text is in double quotes as JSON writes it, so nothing is taken for a number, a date
 * or a boolean by any reader.
 */
export const yaml = (value: Readonly<Record<string, unknown>>): string => `${lines(value).join('\n')}\n`;

function lines(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(item);
  return Object.entries(value as object).flatMap(([name, inner]) =>
    isFlat(inner) ? [`${keyOf(name)}: ${JSON.stringify(inner)}`] : [`${keyOf(name)}:`, ...lines(inner).map(indented)],
  );
}

function item(value: unknown): string[] {
  if (isFlat(value)) return [`- ${JSON.stringify(value)}`];
  const [first, ...rest] = lines(value);
  return [`- ${first}`, ...rest.map(indented)];
}

const indented = (line: string): string => `  ${line}`;
const keyOf = (name: string): string => (/^[A-Za-z_][\w-]*$/.test(name) ? name : JSON.stringify(name));
const isFlat = (value: unknown): boolean =>
  value === null || typeof value !== 'object' || Object.keys(value).length === 0;
