import type { CandidateEdit } from '../mutation/types.ts';
import type { EditNaturalness, EditTokens, OpenFunction } from './edit-view.ts';
import type { FailureWords } from './failure-words.ts';
import {
  countBand,
  type FeatureWriter,
  overlaps,
  realBand,
  suspicionBand,
  type TextHashes,
  templates,
} from './features.ts';
import { fold } from './text-hash.ts';
import { isName, likeness, wordsOf } from './tokens.ts';

const SYNTAX = templates('edit', ['operator', 'detail', 'context', 'parent', 'statement']);
const FAILURE = templates('edit', ['exception', 'detailException', 'messageWord']);
const NATURAL = templates('edit', ['pairs', 'triples', 'operatorPairs', 'operatorTriples']);
const ABSOLUTE = templates('edit', ['newPairs', 'oldPairs', 'operatorOldPairs']);
const PLACE = templates('edit', ['suspicion', 'rank', 'depth', 'rankDepth', 'isDeepest', 'inTraceback', 'distance']);
const PLACE_BY = templates('edit', ['suspicionDistance', 'operatorDistance', 'operatorSuspicion']);
const TOKENS = templates('edit', ['left', 'right', 'old', 'new', 'oldNew', 'between']);
const WORDS = templates('edit', ['newInMessage', 'oldInMessage', 'newInTests', 'oldInTests']);
const WORDS_BY = templates('edit', ['operatorNewInMessage', 'operatorNewInTests']);
const SWAP = templates('edit', ['likeness', 'oldUses', 'newUses', 'oldNewUses', 'newUnused']);
const INSERTION = templates('edit', ['isDuplicate', 'firstToken', 'before', 'after', 'usedOnce']);

const NAME_OPERATORS: ReadonlySet<string> = new Set(['name_swap', 'attr_swap', 'call_swap']);

/** What the parts below read. */
interface Subject {
  edit: CandidateEdit;
  operator: number;
  detail: number;
  view: EditTokens & EditNaturalness;
  fn: OpenFunction;
  failure: FailureWords;
  hashes: TextHashes;
}

/** Writes the features of one edit of an opened function, about forty. */
export function writeEdit(
  out: FeatureWriter,
  edit: CandidateEdit,
  view: EditTokens & EditNaturalness,
  fn: OpenFunction,
  failure: FailureWords,
  hashes: TextHashes,
): void {
  const operator = hashes.of(edit.operator);
  const subject = { edit, operator, detail: fold(operator, hashes.of(edit.detail)), view, fn, failure, hashes };
  writeSyntax(out, subject);
  writeNaturalness(out, subject);
  writePlace(out, subject);
  writeTokens(out, subject);
  writeWords(out, subject);
  if (NAME_OPERATORS.has(edit.operator)) writeSwap(out, subject);
  if (edit.operator.endsWith('_ins')) writeInsertion(out, subject);
  out.endAction();
}

function writeSyntax(out: FeatureWriter, { edit, operator, detail, failure, hashes }: Subject): void {
  out.add(SYNTAX.operator, operator);
  out.add(SYNTAX.detail, detail);
  out.add(SYNTAX.context, operator, hashes.of(edit.context));
  out.add(SYNTAX.parent, operator, hashes.of(edit.parent));
  out.add(SYNTAX.statement, detail, hashes.of(edit.statement));
  out.add(FAILURE.exception, operator, failure.exception);
  out.add(FAILURE.detailException, detail, failure.exception);
  for (const word of failure.message_words) out.add(FAILURE.messageWord, operator, word);
}

function writeNaturalness(out: FeatureWriter, { operator, view }: Subject): void {
  const pairs = realBand(2 * (view.new_pairs - view.old_pairs));
  const triples = realBand(2 * (view.new_triples - view.old_triples));
  const old = realBand(view.old_pairs + 2);
  out.add(NATURAL.pairs, pairs);
  out.add(NATURAL.triples, triples);
  out.add(NATURAL.operatorPairs, operator, pairs);
  out.add(NATURAL.operatorTriples, operator, triples);
  out.add(ABSOLUTE.newPairs, realBand(view.new_pairs + 2));
  out.add(ABSOLUTE.oldPairs, old);
  out.add(ABSOLUTE.operatorOldPairs, operator, old);
}

function writePlace(out: FeatureWriter, { edit, operator, fn }: Subject): void {
  const { ranked, rank, frames } = fn;
  const suspicion = suspicionBand(ranked.lines.get(edit.line) ?? 0);
  const deepest = frames.at(-1);
  const distance = deepest?.path === ranked.path ? distanceBand(Math.abs(edit.line - deepest.line)) : 4;
  const inTraceback = frames.some((frame) => frame.path === ranked.path && frame.line === edit.line);
  out.add(PLACE.suspicion, suspicion);
  out.add(PLACE.rank, rank);
  out.add(PLACE.depth, ranked.traceback_depth);
  out.add(PLACE.rankDepth, rank, ranked.traceback_depth);
  out.add(PLACE.isDeepest, distance === 0 ? 1 : 0);
  out.add(PLACE.inTraceback, inTraceback ? 1 : 0);
  out.add(PLACE.distance, distance);
  out.add(PLACE_BY.suspicionDistance, suspicion, distance);
  out.add(PLACE_BY.operatorDistance, operator, distance);
  out.add(PLACE_BY.operatorSuspicion, operator, suspicion);
}

function writeTokens(out: FeatureWriter, { operator, view }: Subject): void {
  const [before, after] = [view.left[1]!, view.right[0]!];
  const replaced = view.new.slice(0, 8).reduce(fold, view.new.length);
  const old = view.old.slice(0, 8).reduce(fold, view.old.length);
  out.add(TOKENS.left, operator, before);
  out.add(TOKENS.right, operator, after);
  if (view.old.length <= 3) out.add(TOKENS.old, operator, old);
  if (view.new.length <= 3) {
    out.add(TOKENS.new, operator, replaced);
    out.add(TOKENS.oldNew, old, replaced);
  }
  out.add(TOKENS.between, before, replaced, after);
}

function writeWords(out: FeatureWriter, { edit, operator, failure }: Subject): void {
  const old = wordsOf(edit.old);
  const replaced = wordsOf(edit.replacement);
  const added = replaced.difference(old);
  const removed = old.difference(replaced);
  const inMessage = overlaps(added, failure.message);
  const inTests = overlaps(added, failure.tests);
  out.add(WORDS.newInMessage, inMessage);
  out.add(WORDS.oldInMessage, overlaps(removed, failure.message));
  out.add(WORDS.newInTests, inTests);
  out.add(WORDS.oldInTests, overlaps(removed, failure.tests));
  out.add(WORDS_BY.operatorNewInMessage, operator, inMessage);
  out.add(WORDS_BY.operatorNewInTests, operator, inTests);
}

/** One name for another: how alike they are, and how often this function uses each (a variable never used is telling). */
function writeSwap(out: FeatureWriter, { operator, view, fn }: Subject): void {
  const old = countBand(view.old.length > 0 ? fn.naturalness.ownCount(view.old[0]!) : 0);
  const uses = view.new.length > 0 ? fn.naturalness.ownCount(view.new[0]!) : 0;
  out.add(SWAP.likeness, Math.floor(4 * likeness(view.old_texts[0] ?? '', view.new_texts[0] ?? '')));
  out.add(SWAP.oldUses, operator, old);
  out.add(SWAP.newUses, operator, countBand(uses));
  out.add(SWAP.oldNewUses, operator, old, countBand(uses));
  out.add(SWAP.newUnused, operator, uses <= 1 ? 1 : 0);
}

function writeInsertion(out: FeatureWriter, { edit, view, fn }: Subject): void {
  const text = edit.replacement.trim();
  const usedOnce = view.new.some((token, i) => isName(view.new_texts[i]!) && fn.naturalness.ownCount(token) === 1);
  out.add(INSERTION.isDuplicate, fn.ranked.text.includes(text) ? 1 : 0);
  if (view.new.length > 0) out.add(INSERTION.firstToken, view.new[0]!);
  out.add(INSERTION.before, view.right[0]!);
  out.add(INSERTION.after, view.left[1]!);
  if (usedOnce) out.add(INSERTION.usedOnce);
}

/** Band of a distance in lines: 0, 1, 2 or 3, to 19, more. */
const distanceBand = (lines: number): number => (lines < 2 ? lines : lines < 4 ? 2 : lines < 20 ? 3 : 4);
