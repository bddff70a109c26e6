import type { LoggedDecisions } from './logged-decisions';

const FOLDS = 5;
/** Enough to solve where a feature never varies; too little to shrink anything that speaks. */
const RIDGE = 1e-3;

/**
 * Expected reward of every option, by ridge regression on its features, cross-fitted over clusters: whose reward is
 * predicted did not take part in the fit, which the doubly robust interval needs (Chernozhukov et al. 2018).
 * O(rows · features²).
 *
 * @param features row-major [rows, featureCount]; a constant is added
 * @returns [rows]
 */
export function crossFittedRewards(log: LoggedDecisions, features: Float64Array): Float64Array {
  const rowCount = log.propensities.length;
  const featureCount = rowCount === 0 ? 0 : features.length / rowCount;
  const predictions = new Float64Array(rowCount);
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const weights = fit({ log, features, featureCount, skippedFold: fold });
    for (let decision = 0; decision < log.count; decision += 1) {
      if (log.clusters[decision] % FOLDS !== fold) continue;
      for (let row = log.starts[decision]; row < log.starts[decision + 1]; row += 1)
        predictions[row] = predictionOf(weights, features, row);
    }
  }
  return predictions;
}

function predictionOf(weights: Float64Array, features: Float64Array, row: number): number {
  const featureCount = weights.length - 1;
  let sum = weights[featureCount];
  for (let feature = 0; feature < featureCount; feature += 1)
    sum += weights[feature] * features[row * featureCount + feature];
  return sum;
}

/** Least squares on the drawn options of the other folds; the constant is last. */
function fit(options: {
  readonly log: LoggedDecisions;
  readonly features: Float64Array;
  readonly featureCount: number;
  readonly skippedFold: number;
}): Float64Array {
  const { log, features, featureCount, skippedFold } = options;
  const size = featureCount + 1;
  const normal = Array.from({ length: size }, (_, index) => {
    const row = new Float64Array(size + 1);
    row[index] = RIDGE;
    return row;
  });
  const inputs = new Float64Array(size).fill(1);
  for (let decision = 0; decision < log.count; decision += 1) {
    if (log.clusters[decision] % FOLDS === skippedFold) continue;
    const row = log.chosen[decision];
    for (let feature = 0; feature < featureCount; feature += 1)
      inputs[feature] = features[row * featureCount + feature];
    for (let one = 0; one < size; one += 1) {
      for (let other = 0; other < size; other += 1) normal[one][other] += inputs[one] * inputs[other];
      normal[one][size] += inputs[one] * log.rewards[decision];
    }
  }
  return solved(normal);
}

/** Gaussian elimination of a positive definite system, its right side as the last column, in place. */
function solved(system: readonly Float64Array[]): Float64Array {
  const size = system.length;
  for (let pivot = 0; pivot < size; pivot += 1)
    for (let row = 0; row < size; row += 1) {
      if (row === pivot) continue;
      const factor = system[row][pivot] / system[pivot][pivot];
      for (let column = pivot; column <= size; column += 1)
        system[row][column] -= factor * system[pivot][column];
    }
  return Float64Array.from({ length: size }, (_, index) => system[index][size] / system[index][index]);
}
