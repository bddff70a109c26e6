import { invariant } from '@winnow/domain';

/** One value that differs. */
export interface Disagreement {
  readonly slateId: string;
  readonly ordinal: number;
  readonly served: number;
  readonly recomputed: number;
}

/** How one feature fared. */
export interface FeatureAgreementRow {
  readonly feature: string;
  readonly comparedCount: number;
  readonly agreedCount: number;
  /** `agreedCount ÷ comparedCount`. */
  readonly share: number;
  /** Largest difference found. */
  readonly differenceMax: number;
  /** The first value that differs; null when none does. */
  readonly first: Disagreement | null;
}

/** The matrices of one slate, row-major [ordinals, names]. */
export interface ComparedFeatures {
  readonly slateId: string;
  readonly names: readonly string[];
  readonly ordinals: Uint32Array;
  readonly served: Float32Array;
  readonly recomputed: Float32Array;
}

interface Tally {
  comparedCount: number;
  agreedCount: number;
  differenceMax: number;
  first: Disagreement | null;
}

/**
 * Compares features as served with features as computed again, value by value. Two values agree when they differ by at
 * most `tolerance`, absolute below 1 and relative above.
 */
export class FeatureAgreement {
  private readonly tallies = new Map<string, Tally>();

  constructor(readonly tolerance: number) {
    invariant(tolerance >= 0, 'a tolerance is not negative');
  }

  /** O(ordinals · names). */
  add({ slateId, names, ordinals, served, recomputed }: ComparedFeatures): void {
    const size = ordinals.length * names.length;
    invariant(served.length === size && recomputed.length === size, 'both matrices are [ordinals, names]');
    names.forEach((name, column) => {
      const tally = this.tallyOf(name);
      for (let row = 0; row < ordinals.length; row += 1) {
        const at = row * names.length + column;
        this.count(tally, {
          slateId,
          ordinal: ordinals[row],
          served: served[at],
          recomputed: recomputed[at],
        });
      }
    });
  }

  /** In the order in which features were met. */
  rows(): FeatureAgreementRow[] {
    return Array.from(this.tallies, ([feature, tally]) => ({
      feature,
      ...tally,
      share: tally.comparedCount === 0 ? 1 : tally.agreedCount / tally.comparedCount,
    }));
  }

  private count(tally: Tally, pair: Disagreement): void {
    const { served, recomputed } = pair;
    const difference = Math.abs(served - recomputed);
    const scale = Math.max(1, Math.abs(served), Math.abs(recomputed));
    tally.comparedCount += 1;
    tally.differenceMax = Math.max(tally.differenceMax, difference);
    // Written so that NaN disagrees.
    if (difference <= this.tolerance * scale) tally.agreedCount += 1;
    else tally.first ??= pair;
  }

  private tallyOf(name: string): Tally {
    const known = this.tallies.get(name);
    if (known) return known;
    const made: Tally = { comparedCount: 0, agreedCount: 0, differenceMax: 0, first: null };
    this.tallies.set(name, made);
    return made;
  }
}
