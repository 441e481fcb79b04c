import type { ActionFeatures } from './action-space.ts';
import { checkedBuckets } from './policy.ts';
import { finish, fold, hashText } from './text-hash.ts';

/** Collects the hashed features of actions, one action after the other. */
export class FeatureWriter {
  private ids = new Uint32Array(1 << 15);
  private length = 0;
  private readonly offsets: number[] = [0];
  private readonly mask: number;

  constructor(buckets: number) {
    this.mask = checkedBuckets(buckets) - 1;
  }

  /** Adds a feature to the current action: a template (see `templates`) and up to three values. */
  add(template: number): void;
  add(template: number, a: number, b?: number, c?: number): void;
  add(template: number, a?: number, b?: number, c?: number): void {
    let h = template;
    if (a !== undefined) h = fold(h, a);
    if (b !== undefined) h = fold(h, b);
    if (c !== undefined) h = fold(h, c);
    if (this.length === this.ids.length) this.grow();
    this.ids[this.length++] = finish(h) & this.mask;
  }

  endAction(): void {
    this.offsets.push(this.length);
  }

  finish(): ActionFeatures {
    return { ids: this.ids.slice(0, this.length), offsets: Uint32Array.from(this.offsets) };
  }

  private grow(): void {
    const bigger = new Uint32Array(this.ids.length * 2);
    bigger.set(this.ids);
    this.ids = bigger;
  }
}

/** Numbers of feature templates. Their names are part of the checkpoint format: a renamed template is a new feature. */
export const templates = <const Name extends string>(action: string, names: readonly Name[]): Record<Name, number> =>
  Object.fromEntries(names.map((name) => [name, hashText(`${action} ${name}`)])) as Record<Name, number>;

/** Hashes texts, remembering those seen: the same few tokens come back in every edit of a task. */
export class TextHashes {
  private readonly known = new Map<string, number>();

  of(text: string): number {
    let h = this.known.get(text);
    if (h === undefined) {
      h = hashText(text);
      this.known.set(text, h);
    }
    return h;
  }
}

/** Band of a count: 0, 1, 2, 3 to 5, more. */
export const countBand = (count: number): number => (count < 3 ? count : count < 6 ? 3 : 4);

/** A real number rounded and clamped to -4..4. */
export const realBand = (value: number): number => Math.max(-4, Math.min(4, Math.round(value)));

/** Band of a suspicion in 0..1 on a logarithmic scale. */
export const suspicionBand = (suspicion: number): number => realBand(Math.log2(Math.max(suspicion, 1e-3)));

/** 1 when the sets have an element in common. */
export const overlaps = (a: ReadonlySet<string>, b: ReadonlySet<string>): number => {
  for (const word of a) if (b.has(word)) return 1;
  return 0;
};
