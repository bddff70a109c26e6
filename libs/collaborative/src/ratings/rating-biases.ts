import { summariseRatings, withinRange, type RatingPredictor, type RatingTable } from './rating-table';

/** Everything gets the mean of all ratings. */
export function fitGlobalMean(table: RatingTable): RatingPredictor {
  const { mean } = summariseRatings(table);
  return { predict: () => mean };
}

export interface RatingBiasOptions {
  /** λ of users: a user with so many ratings is believed by half. Default 15. */
  readonly userRegularisation?: number;
  /** λ of items. Default 10. */
  readonly itemRegularisation?: number;
  /** Times that items and users are solved for in turn. Default 10. */
  readonly sweepCount?: number;
}

/**
 * Mean plus how far the user and the item lie off it, shrunk: r = μ + bᵤ + bᵢ, alternating b = Σ residual ÷ (λ + n)
 * (Koren, TKDD 2010). O(ratings · sweeps).
 */
export function fitRatingBiases(table: RatingTable, options: RatingBiasOptions = {}): RatingPredictor {
  const { userRegularisation = 15, itemRegularisation = 10, sweepCount = 10 } = options;
  const summary = summariseRatings(table);
  const userBiases = new Float64Array(summary.userCount);
  const itemBiases = new Float64Array(summary.itemCount);
  const { users, ordinals } = table;
  for (let sweep = 0; sweep < sweepCount; sweep += 1) {
    const base = { table, mean: summary.mean };
    solveBiases(
      { ...base, own: ordinals, biases: itemBiases, other: users, others: userBiases },
      itemRegularisation,
    );
    solveBiases(
      { ...base, own: users, biases: userBiases, other: ordinals, others: itemBiases },
      userRegularisation,
    );
  }
  return {
    predict: (user, ordinal) =>
      withinRange(summary.mean + (userBiases[user] ?? 0) + (itemBiases[ordinal] ?? 0), summary),
  };
}

interface BiasSide {
  readonly table: RatingTable;
  readonly mean: number;
  /** Column that the biases are of. */
  readonly own: Uint32Array;
  readonly biases: Float64Array;
  readonly other: Uint32Array;
  readonly others: Float64Array;
}

function solveBiases({ table, mean, own, biases, other, others }: BiasSide, regularisation: number): void {
  const counts = new Float64Array(biases.length);
  biases.fill(0);
  table.ratings.forEach((rating, row) => {
    biases[own[row]] += rating - mean - others[other[row]];
    counts[own[row]] += 1;
  });
  for (let id = 0; id < biases.length; id += 1) biases[id] /= regularisation + counts[id];
}
