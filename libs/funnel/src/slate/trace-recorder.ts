import type { Ordinal, RankedFeatures } from '@winnow/domain';

/** Keeps, for a request that is traced, what passes by on the way and no candidate carries. */
export class TraceRecorder {
  #features: RankedFeatures | null = null;
  readonly #rows = new Map<Ordinal, number>();

  /** What the heavy ranker was given, a row for each candidate. */
  rememberFeatures(candidates: readonly { readonly ordinal: Ordinal }[], features: RankedFeatures): void {
    this.#features = features;
    candidates.forEach(({ ordinal }, row) => this.#rows.set(ordinal, row));
  }

  /** Null when the heavy ranker gave none. */
  get features(): Omit<RankedFeatures, 'values'> | null {
    return this.#features;
  }

  /** A view, [features]; empty for a candidate that was given none. */
  featuresOf(ordinal: Ordinal): Float32Array {
    const row = this.#rows.get(ordinal);
    if (row === undefined || !this.#features) return new Float32Array(0);
    const { names, values } = this.#features;
    return values.subarray(row * names.length, (row + 1) * names.length);
  }
}
