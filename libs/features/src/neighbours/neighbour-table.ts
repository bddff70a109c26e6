import type { TensorFile } from '@winnow/domain';
import { countNeighbours } from './count-neighbours';
import type { InteractionColumns } from './user-histories';
import { tensorOf } from '../storage/tensor-access';

export interface NeighbourTableOptions {
  /** Newest distinct items of a user that count; bounds the work to its square per user. Default 200. */
  readonly historyCountMax?: number;
  /** Neighbours kept per item. Default 50. */
  readonly neighbourCountMax?: number;
  /** What a pair far apart in a history counts, against 1 for two items of one moment. Default 0.2. */
  readonly farWeight?: number;
  /** Steps after which the part above `farWeight` has halved. Default 3. */
  readonly halfLifeSteps?: number;
  /** What "j shortly before i" counts as a reason to go from i to j, against 1 for "after". Default 0.15. */
  readonly backwardWeight?: number;
  /** Added to the norm, so that a pair seen once does not look certain. Default 10. */
  readonly shrinkage?: number;
  /** 0.5 is the cosine; lower favours popular neighbours, 0 is a transition probability. Default 0.5. */
  readonly popularityExponent?: number;
}

export interface Neighbours {
  /** Best first; a view. */
  readonly ordinals: Uint32Array;
  /** Positive, parallel to `ordinals`; a view. */
  readonly scores: Float32Array;
}

const DEFAULTS: Required<NeighbourTableOptions> = {
  historyCountMax: 200,
  neighbourCountMax: 50,
  farWeight: 0.2,
  halfLifeSteps: 3,
  backwardWeight: 0.15,
  shrinkage: 10,
  popularityExponent: 0.5,
};

/**
 * Which items belong together, from who used them one after another: item–item co-occurrence in time-ordered
 * histories, weighted by proximity and direction, normalised like a cosine and shrunk (Deshpande and Karypis,
 * TOIS 2004). Compressed sparse rows: item i's neighbours are the entries offsets[i] … offsets[i + 1].
 */
export class NeighbourTable {
  private constructor(
    private readonly offsets: Uint32Array,
    private readonly ordinals: Uint32Array,
    private readonly scores: Float32Array,
  ) {}

  static empty(): NeighbourTable {
    return new NeighbourTable(new Uint32Array(1), new Uint32Array(0), new Float32Array(0));
  }

  /** Deterministic. O(Σ over users of history²) time, O(entries + ordinals) memory. */
  static build(events: InteractionColumns, options: NeighbourTableOptions = {}): NeighbourTable {
    const { offsets, ordinals, scores } = countNeighbours(events, { ...DEFAULTS, ...options });
    return new NeighbourTable(offsets, ordinals, scores);
  }

  /** Items at or above this have no neighbours. */
  get ordinalLimit(): number {
    return this.offsets.length - 1;
  }

  /** Pairs held. */
  get pairCount(): number {
    return this.ordinals.length;
  }

  /** Empty for an item that the table has not met. */
  neighbours(ordinal: number): Neighbours {
    const begin = this.offsets[ordinal] ?? 0;
    const end = this.offsets[ordinal + 1] ?? begin;
    return { ordinals: this.ordinals.subarray(begin, end), scores: this.scores.subarray(begin, end) };
  }

  toTensors(): TensorFile {
    return {
      metadata: {},
      tensors: {
        offsets: { shape: [this.offsets.length], data: this.offsets },
        ordinals: { shape: [this.ordinals.length], data: this.ordinals },
        scores: { shape: [this.scores.length], data: this.scores },
      },
    };
  }

  static fromTensors(file: TensorFile): NeighbourTable {
    return new NeighbourTable(
      tensorOf(file, 'offsets', Uint32Array),
      tensorOf(file, 'ordinals', Uint32Array),
      tensorOf(file, 'scores', Float32Array),
    );
  }
}
