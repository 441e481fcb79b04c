import type { Json, JsonObject, TraceDraft } from '../draft.ts';

/** Where a document was found. Names are hints for ids, never for the format. */
export interface Source {
  uri: string;
  /** Folder part of the uri. */
  folder: string;
  /** File name without endings. */
  stem: string;
}

/**
 * One trajectory format: a pure function from a parsed document to drafts. `record`: one document, or one line or
 * array element, holds a trajectory (or several). `session`: all lines of a file together are one trajectory.
 */
export interface Format {
  name: string;
  unit: 'record' | 'session';
  /** Key paths that tell the format, most telling first; for the message about a document that nothing recognises. */
  signature: readonly string[];
  /** A session gets its first lines. */
  matches(value: JsonObject | Json[]): boolean;
  /** A session gets all its lines. */
  read(value: JsonObject | Json[], source: Source): TraceDraft[];
}

export const has = (value: unknown, ...keys: string[]): boolean =>
  value !== null && typeof value === 'object' && !Array.isArray(value) && keys.every((key) => key in value);

/** `django__django-11001` in a name, the way SWE-bench writes instances; null where there is none. */
export const instanceIn = (text: string): string | null => text.match(/[A-Za-z0-9][\w.-]*__[\w.-]+-\d+/)?.[0] ?? null;

/** `owner/name` of an instance id such as `owner__name-123`. */
export function repoOfInstance(id: string | null | undefined): string | null {
  const match = id?.match(/^([A-Za-z0-9][\w.-]*?)__([\w.-]+?)(?:-\d+|\.[0-9a-f]{8}\..*)$/);
  return match ? `${match[1]}/${match[2]}` : null;
}
