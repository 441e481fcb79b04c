import { closestFormat } from './formats/index.ts';
import type { Fault } from './reading/blob.ts';

/** What to say of a document that nothing recognises: what it has, what it comes closest to, and what it lacks for that. */
export function unknownFormat(value: unknown): Fault {
  const closest = closestFormat(value);
  const first = Array.isArray(value) ? (value[0] ?? {}) : value;
  const keys = first !== null && typeof first === 'object' ? Object.keys(first).slice(0, 8) : [];
  const seen = `has ${keys.join(', ') || `a ${typeof value}`}`;
  if (!closest) return { code: 'unknown_format', message: `${seen}; nothing like it is known` };
  const lacks = closest.missing.slice(0, 4).join(', ') || 'its shape';
  return {
    code: 'unknown_format',
    message: `${seen}; closest to ${closest.name}, but lacks ${lacks}`,
    format_guess: closest.name,
  };
}
