import type { Attempt } from './attempts.ts';
import { type CardText, namesIn } from './cards.ts';
import { placeOf } from './patch-symbols.ts';
import type { ForeignPattern } from './pattern.ts';

/** Which repositories a path, symbol or word has been seen in. */
export class NameIndex {
  private readonly repos = new Map<string, Set<string>>();

  constructor(attempts: readonly Attempt[]) {
    for (const attempt of attempts) {
      const names = [
        ...attempt.touches.map((touch) => touch.path),
        ...attempt.hunks.flatMap((hunk) => [hunk.path, placeOf(hunk), hunk.symbol ?? '', ...hunk.added]),
        ...attempt.left_failing,
      ];
      for (const name of names) if (name !== '') this.add(name, attempt.repo);
    }
  }

  private add(name: string, repo: string): void {
    const known = this.repos.get(name);
    if (known) known.add(repo);
    else this.repos.set(name, new Set([repo]));
  }

  /** Seen in this repository and in no other. */
  belongsTo(name: string, repo: string): boolean {
    const known = this.repos.get(name) ?? this.repos.get(name.split('::').at(-1)!);
    return known !== undefined && known.size === 1 && known.has(repo);
  }
}

/**
 * Why a card is too general, or null. Its text must name at least two things, one of them a file or symbol that only
 * its repository has, and say what to do with it: a card whose text would fit any repository teaches nothing.
 */
export function tooGeneral(text: CardText, pattern: ForeignPattern, index: NameIndex): string | null {
  const told = new Set(namesIn([text.description, text.applicability].join(' ')));
  const done = new Set(namesIn(text.operations.join(' ')));
  const own = [...told].filter((name) => index.belongsTo(name, pattern.repo));
  if (new Set([...told, ...done]).size < 2) return 'names fewer than two things';
  if (own.length === 0) return `names nothing that only ${pattern.repo} has`;
  if (
    ![...done].some(
      (name) =>
        own.includes(name) ||
        own.some((other) => other.endsWith(name)) ||
        name.includes(' ') ||
        index.belongsTo(name, pattern.repo),
    )
  )
    return 'its operations name nothing of the repository';
  return text.operations.length < 2 ? 'one operation is no skill' : null;
}
