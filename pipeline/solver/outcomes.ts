import type { EditOutcome, OutcomeClass } from './types.ts';

/** Codes of the outcome classes in typed arrays. */
export const OUTCOME_CLASSES: readonly OutcomeClass[] = ['broken', 'same', 'different', 'timeout', 'partial', 'fixed'];
export const SAME = 1;
export const DIFFERENT = 2;
export const PARTIAL = 4;
export const FIXED = 5;
const UNKNOWN = 255;

/** What the edits of one task came to, filled as they are executed. Opens have no outcome. */
export class OutcomeTable {
  /** Class code per action, 255 while unknown. */
  readonly classes: Uint8Array;
  private readonly rows: (EditOutcome | undefined)[];

  /** @param size number of actions of the task */
  constructor(size: number) {
    this.classes = new Uint8Array(size).fill(UNKNOWN);
    this.rows = new Array<EditOutcome | undefined>(size).fill(undefined);
  }

  get size(): number {
    return this.classes.length;
  }

  /** How many outcomes are known. */
  get known_count(): number {
    return this.classes.reduce((n, code) => n + (code === UNKNOWN ? 0 : 1), 0);
  }

  has(action: number): boolean {
    return this.classes[action] !== UNKNOWN;
  }

  get(action: number): EditOutcome {
    const row = this.rows[action];
    if (!row) throw new RangeError(`the outcome of action ${action} is not known yet`);
    return row;
  }

  /** Fills one outcome. An edit has one outcome only: another one means that an execution was not repeatable. */
  set(action: number, outcome: EditOutcome): void {
    if (!(action >= 0 && action < this.size)) throw new RangeError(`action ${action} is outside 0..${this.size - 1}`);
    const known = this.rows[action];
    if (known && !isEqual(known, outcome)) throw new Error(`action ${action} had another outcome before`);
    this.rows[action] = outcome;
    this.classes[action] = OUTCOME_CLASSES.indexOf(outcome.class);
  }
}

const isEqual = (a: EditOutcome, b: EditOutcome): boolean =>
  a.class === b.class &&
  a.fail_to_pass_fraction === b.fail_to_pass_fraction &&
  a.visible_ok === b.visible_ok &&
  a.pass_to_pass_fraction === b.pass_to_pass_fraction &&
  a.full === b.full;
