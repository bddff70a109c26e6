/**
 * Numbers by ordinal of which few are set at a time. Clearing costs what was set, not the catalogue's size.
 */
export class SparseScores {
  private values = new Float32Array(0);
  private touched = new Uint32Array(256);
  private size = 0;

  get(ordinal: number): number {
    return ordinal < this.values.length ? this.values[ordinal] : 0;
  }

  /** Adds a positive amount. */
  add(ordinal: number, amount: number): void {
    this.touch(ordinal);
    this.values[ordinal] += amount;
  }

  /** Keeps the larger of what is there and a positive amount. */
  raise(ordinal: number, amount: number): void {
    this.touch(ordinal);
    if (amount > this.values[ordinal]) this.values[ordinal] = amount;
  }

  clear(): void {
    for (let index = 0; index < this.size; index += 1) this.values[this.touched[index]] = 0;
    this.size = 0;
  }

  private touch(ordinal: number): void {
    if (ordinal >= this.values.length) {
      const grown = new Float32Array(Math.max(ordinal + 1, this.values.length * 2));
      grown.set(this.values);
      this.values = grown;
    }
    if (this.values[ordinal] !== 0) return;
    if (this.size === this.touched.length) {
      const grown = new Uint32Array(this.size * 2);
      grown.set(this.touched);
      this.touched = grown;
    }
    this.touched[this.size] = ordinal;
    this.size += 1;
  }
}
