import type { TextHashes } from './features.ts';
import { wordsOf } from './tokens.ts';
import type { FailureView } from './types.ts';

/** What the failure says, ready to be compared with edits. */
export interface FailureWords {
  exception: number;
  is_assertion: number;
  /** Hashes of the first words of the message, at most six, without the exception's name. */
  message_words: readonly number[];
  message: ReadonlySet<string>;
  tests: ReadonlySet<string>;
}

/** Reads the words of a failure: its message, its exception and the names of the first three failing tests. */
export function failureWords({ failing_tests, message, exception }: FailureView, hashes: TextHashes): FailureWords {
  const words = (message ?? '').match(/[A-Za-z_]{2,}/g) ?? [];
  const first = words.slice(0, 14).filter((word) => word !== exception);
  const distinct = [...new Set(first.slice(0, 6).map((word) => word.toLowerCase()))];
  return {
    exception: hashes.of(exception ?? 'none'),
    is_assertion: exception === 'AssertionError' ? 1 : 0,
    message_words: distinct.map((word) => hashes.of(word)),
    message: wordsOf(message ?? ''),
    tests: new Set(failing_tests.slice(0, 3).flatMap((id) => [...wordsOf(testName(id))])),
  };
}

/** The part of a test id after its file. */
const testName = (id: string): string => /(?:::| > )(.*)$/s.exec(id)?.[1] ?? id;
