import type { FailureWords } from './failure-words.ts';
import { countBand, type FeatureWriter, suspicionBand, type TextHashes, templates } from './features.ts';
import type { RankedFunction } from './localise.ts';
import { wordsOf } from './tokens.ts';

const T = templates('open', [
  'open',
  'rank',
  'suspicion',
  'depth',
  'suspicionDepth',
  'rankDepth',
  'size',
  'testOverlap',
  'messageOverlap',
  'exceptionDepth',
  'overlapRank',
  'special',
  'assertionDepth',
  'agreement',
  'word',
]);

/** Writes the features of opening the function at `rank` of the ranking. */
export function writeOpen(
  out: FeatureWriter,
  fn: RankedFunction,
  rank: number,
  failure: FailureWords,
  hashes: TextHashes,
): void {
  const { name } = fn.function;
  const words = wordsOf(name);
  const suspicion = suspicionBand(fn.suspicion);
  const depth = fn.traceback_depth;
  const tests = Math.min(2, common(words, failure.tests));
  out.add(T.open);
  out.add(T.rank, rank);
  out.add(T.suspicion, suspicion);
  out.add(T.depth, depth);
  out.add(T.suspicionDepth, suspicion, depth);
  out.add(T.rankDepth, rank, depth);
  out.add(T.size, countBand(Math.floor(fn.lines.size / 4)));
  out.add(T.testOverlap, tests);
  out.add(T.messageOverlap, Math.min(2, common(words, failure.message)));
  out.add(T.exceptionDepth, failure.exception, depth);
  out.add(T.overlapRank, tests, rank);
  out.add(T.special, isSpecial(name) ? 1 : 0);
  out.add(T.assertionDepth, failure.is_assertion, depth);
  out.add(T.agreement, Math.floor(fn.agreement * 4));
  for (const word of words) out.add(T.word, hashes.of(word));
  out.endAction();
}

/** Constructors and names the language gives a meaning: `__init__`, `constructor`. */
const isSpecial = (name: string): boolean => /(?:^|\.)(?:__\w+|constructor)$/.test(name);

const common = (a: ReadonlySet<string>, b: ReadonlySet<string>): number => {
  let n = 0;
  for (const word of a) if (b.has(word)) n++;
  return n;
};
