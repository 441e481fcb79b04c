/** Signed counts by 32-bit key, open addressing. About ten of 300,000 distinct n-grams share a key with another: harmless here. */
export class CountTable {
  private keys: Uint32Array;
  private counts: Int32Array;
  private used: Uint8Array;
  private size = 0;

  /** @param expected number of distinct keys to make room for */
  constructor(expected = 8) {
    let capacity = 16;
    while (capacity < expected * 2) capacity *= 2;
    this.keys = new Uint32Array(capacity);
    this.counts = new Int32Array(capacity);
    this.used = new Uint8Array(capacity);
  }

  get(key: number): number {
    return this.counts[this.slot(key)]!;
  }

  add(key: number, amount: number): void {
    if (this.size * 2 >= this.keys.length) this.grow();
    const at = this.slot(key);
    if (this.used[at] === 0) {
      this.used[at] = 1;
      this.keys[at] = key;
      this.size++;
    }
    this.counts[at]! += amount;
  }

  /** Where the key is, or the free slot where it would go (whose count is 0). */
  private slot(key: number): number {
    const mask = this.keys.length - 1;
    let at = key & mask;
    while (this.used[at] === 1 && this.keys[at] !== key) at = (at + 1) & mask;
    return at;
  }

  private grow(): void {
    const { keys, counts, used } = this;
    const capacity = keys.length * 2;
    this.keys = new Uint32Array(capacity);
    this.counts = new Int32Array(capacity);
    this.used = new Uint8Array(capacity);
    this.size = 0;
    for (let i = 0; i < keys.length; i++) if (used[i] === 1) this.add(keys[i]!, counts[i]!);
  }
}
