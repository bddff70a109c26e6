import { gaussian, seededRandom } from '@winnow/domain';
import { weightedHistory } from '../interactions/history-weights';
import { distinctItems, entriesByItem, userSequences } from '../interactions/user-sequences';
import { VocabularyPositions } from '../interactions/vocabulary-positions';
import type { LearningInput, VocabularyScorer } from '../vocabulary-scorer';
import { FactorSolver } from './factor-solver';

export interface ImplicitAlsOptions {
  /** Length of a factor; a multiple of 4. Default 64. */
  readonly dimension?: number;
  /** Times that users and items are solved for in turn. Default 16. */
  readonly sweepCount?: number;
  /** α₀: what a pair that was not seen weighs, against 1 for one that was. */
  readonly unobservedWeight: number;
  /** λ: per observation, and per α₀-th part of what was not observed. */
  readonly regularisation: number;
  readonly seed: number;
  /** After each sweep. */
  readonly onSweep?: (done: number) => void;
}

/** Standard deviation of a starting factor's length. */
const INITIAL_SCALE = 0.1;

/** A fitted model; user vectors are solved from histories, so any history has one. */
export class ImplicitAls implements VocabularyScorer {
  private readonly scores: Float64Array;
  private readonly query: Float64Array;

  constructor(
    private readonly vocabulary: VocabularyPositions,
    /** [vocabulary, dimension] */
    readonly itemFactors: Float64Array,
    private readonly solver: FactorSolver,
  ) {
    this.scores = new Float64Array(vocabulary.size);
    this.query = new Float64Array(solver.dimension);
  }

  /** [dimension] The user factor that these items alone would have; O(items · dimension² + dimension³). */
  userFactor(query: Parameters<VocabularyScorer['score']>[0]): Float64Array {
    const { positions } = weightedHistory(query, this.vocabulary, 1);
    this.solver.solve(Uint32Array.from(positions), this.query);
    return this.query;
  }

  score(query: Parameters<VocabularyScorer['score']>[0]): Float64Array {
    const user = this.userFactor(query);
    const { dimension } = this.solver;
    for (let item = 0, at = 0; item < this.scores.length; item += 1) {
      let sum = 0;
      for (let index = 0; index < dimension; index += 1, at += 1) sum += user[index] * this.itemFactors[at];
      this.scores[item] = sum;
    }
    return this.scores;
  }
}

/**
 * Matrix factorisation of who had what (Hu, Koren and Volinsky, ICDM 2008): minimises Σ over observed pairs of
 * (1 − w·h)² + α₀ Σ over all pairs of (w·h)² + Σ λ (n + α₀ m) ‖factor‖² by alternating exact solutions, n being a row's
 * observations and m the number of rows on the other side: the frequency-scaled regularisation without which the
 * model is underrated (Rendle, Krichene, Zhang and Koren, RecSys 2022).
 * O(sweeps · (observations · dimension² + (users + items) · dimension³)).
 */
export function fitImplicitAls(input: LearningInput, options: ImplicitAlsOptions): ImplicitAls {
  const { dimension = 64, sweepCount = 16, unobservedWeight, regularisation, seed, onSweep } = options;
  const byUser = distinctItems(userSequences(input));
  const byItem = entriesByItem(byUser);
  const userCount = byUser.offsets.length - 1;
  const itemFactors = initialFactors(byUser.itemCount, dimension, seed);
  const userFactors = new Float64Array(userCount * dimension);
  const settings = { dimension, unobservedWeight, regularisation };
  const users = new FactorSolver({
    ...settings,
    factors: itemFactors,
    present: presentRows(byItem.offsets),
  });
  const items = new FactorSolver({
    ...settings,
    factors: userFactors,
    present: presentRows(byUser.offsets),
  });
  for (let sweep = 1; sweep <= sweepCount; sweep += 1) {
    users.solveAll({ offsets: byUser.offsets, ids: byUser.items }, userFactors);
    items.solveAll({ offsets: byItem.offsets, ids: byItem.users }, itemFactors);
    onSweep?.(sweep);
  }
  users.refresh();
  return new ImplicitAls(new VocabularyPositions(input.vocabulary), itemFactors, users);
}

/** Rows that hold anything. */
const presentRows = (offsets: Uint32Array): Uint32Array =>
  Uint32Array.from({ length: offsets.length - 1 }, (_, row) => row).filter(
    (row) => offsets[row + 1] > offsets[row],
  );

/** [count, dimension] Normal, so that a factor's length is about `INITIAL_SCALE` whatever the dimension. */
function initialFactors(count: number, dimension: number, seed: number): Float64Array {
  const random = seededRandom(seed);
  const scale = INITIAL_SCALE / Math.sqrt(dimension);
  return Float64Array.from({ length: count * dimension }, () => scale * gaussian(random));
}
