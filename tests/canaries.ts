/** Fields of an answer key that nothing has to run: each can become a canary. */
export const plantable = [
  'operator',
  'operator_detail',
  'context',
  'symbol',
  'bug_text',
  'verifier_digest',
  'canary',
] as const;

export const canaryOf = (field: string): string => `xxCANARY${field}xx`;

/** An answer key with a canary in each of them. */
export const withCanaries = <K extends object>(key: K): K => ({
  ...key,
  ...Object.fromEntries(plantable.map((field) => [field, canaryOf(field)])),
});
