import type { HierarchicalNSW } from 'hnswlib-node';
import { reasonOf, type VectorHits } from '@winnow/domain';
import type { HnswLibrary } from './hnsw-library';

/** A full index grows by this factor and step, so that a burst of new items does not reallocate for each. */
const GROWTH = 1.125;
const GROWTH_STEP = 1024;

/**
 * One hnswlib graph. Knows what the library leaves to its caller: numbers in plain arrays, `ef` that every load
 * resets, growth, and labels that are marked deleted rather than gone.
 */
export class HnswShard {
  private liveCount: number;

  private constructor(
    private readonly graph: HierarchicalNSW,
    count: number,
  ) {
    this.liveCount = count;
  }

  /** An empty graph for at most `countMax` vectors. */
  static create(
    library: HnswLibrary,
    options: {
      readonly dimension: number;
      readonly countMax: number;
      readonly m: number;
      readonly efConstruction: number;
      readonly seed: number;
    },
  ): HnswShard {
    const graph = new library.HierarchicalNSW('ip', options.dimension);
    graph.initIndex({
      maxElements: Math.max(1, options.countMax),
      m: options.m,
      efConstruction: options.efConstruction,
      randomSeed: options.seed,
    });
    return new HnswShard(graph, 0);
  }

  /** `file` must have passed {@link verifyIndexFile}: a damaged one ends the process at the first search. */
  static load(library: HnswLibrary, file: string, dimension: number): HnswShard {
    const graph = new library.HierarchicalNSW('ip', dimension);
    graph.readIndexSync(file);
    return new HnswShard(graph, graph.getCurrentCount());
  }

  /** Vectors that can be found. */
  get count(): number {
    return this.liveCount;
  }

  /** Beam width of a search; more is slower and finds more. */
  setEfSearch(efSearch: number): void {
    this.graph.setEf(efSearch);
  }

  /** Best first. O(log count · efSearch · dimension). */
  search(query: Float32Array, k: number): VectorHits {
    const wanted = Math.min(k, this.liveCount);
    if (wanted === 0) return { ordinals: new Uint32Array(0), scores: new Float32Array(0) };
    const { neighbors, distances } = this.graph.searchKnn(Array.from(query), wanted);
    const scores = new Float32Array(distances.length);
    for (let rank = 0; rank < scores.length; rank += 1) scores[rank] = 1 - distances[rank];
    return { ordinals: Uint32Array.from(neighbors), scores };
  }

  /** Null for an ordinal that is unknown or removed: the library throws for both alike. */
  vector(ordinal: number): Float32Array | null {
    try {
      return Float32Array.from(this.graph.getPoint(ordinal));
    } catch {
      return null;
    }
  }

  /** Adds, or replaces and revives. */
  upsert(ordinal: number, vector: Float32Array): void {
    const isNew = this.vector(ordinal) === null;
    const point = Array.from(vector);
    try {
      this.graph.addPoint(point, ordinal);
    } catch (thrown) {
      if (!reasonOf(thrown).includes('exceeds the specified limit')) throw thrown;
      this.graph.resizeIndex(Math.ceil(this.graph.getMaxElements() * GROWTH) + GROWTH_STEP);
      this.graph.addPoint(point, ordinal);
    }
    if (isNew) this.liveCount += 1;
  }

  /** Adds a vector whose ordinal is known to be new, without looking it up. */
  append(ordinal: number, vector: Float32Array): void {
    this.graph.addPoint(Array.from(vector), ordinal);
    this.liveCount += 1;
  }

  remove(ordinal: number): void {
    if (this.vector(ordinal) === null) return;
    this.graph.markDelete(ordinal);
    this.liveCount -= 1;
  }

  /** Reports success on a full disk: verify the file after. */
  save(file: string): void {
    this.graph.writeIndexSync(file);
  }
}
