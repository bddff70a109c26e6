import { invariant } from '@winnow/domain';

/** Probabilities are kept this far from 0 and 1, so that one certain mistake stays finite. */
const PROBABILITY_MARGIN = 1e-7;

export interface Predictions {
  /** Scores (AUC), or probabilities (log loss, calibration). */
  readonly predictions: ArrayLike<number>;
  /** 1 for positive, 0 for negative; parallel to `predictions`. */
  readonly labels: ArrayLike<number>;
}

function checked({ predictions, labels }: Predictions): number {
  invariant(predictions.length === labels.length, 'one label per prediction');
  return predictions.length;
}

/**
 * Area under the ROC curve: the chance that a positive scores above a negative, ties counting half (Mann–Whitney).
 * NaN when one of the classes is empty. O(n log n).
 */
export function areaUnderRoc(data: Predictions): number {
  const count = checked(data);
  const { predictions, labels } = data;
  const order = Uint32Array.from({ length: count }, (_, index) => index).sort(
    (left, right) => predictions[left] - predictions[right],
  );
  let positives = 0;
  let rankSum = 0;
  for (let begin = 0; begin < count;) {
    let end = begin;
    let tiedPositives = 0;
    while (end < count && predictions[order[end]] === predictions[order[begin]]) {
      if (labels[order[end]] === 1) tiedPositives += 1;
      end += 1;
    }
    // Ranks from 1; all of a tie share the mean of theirs.
    rankSum += (tiedPositives * (begin + 1 + end)) / 2;
    positives += tiedPositives;
    begin = end;
  }
  const negatives = count - positives;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** Mean of −log of the probability given to what happened, in nats. NaN without predictions. */
export function logLoss(data: Predictions): number {
  const count = checked(data);
  let sum = 0;
  for (let index = 0; index < count; index += 1) {
    const probability = Math.min(
      1 - PROBABILITY_MARGIN,
      Math.max(PROBABILITY_MARGIN, data.predictions[index]),
    );
    sum -= Math.log(data.labels[index] === 1 ? probability : 1 - probability);
  }
  return sum / count;
}

export interface CalibrationBin {
  readonly count: number;
  readonly meanPrediction: number;
  readonly positiveShare: number;
}

/** The reliability curve: predictions in [0, 1] in bins of equal width, empty bins left out. */
export function calibrationCurve(data: Predictions, binCount = 10): CalibrationBin[] {
  const count = checked(data);
  const bins = Array.from({ length: binCount }, () => ({ count: 0, predictions: 0, positives: 0 }));
  for (let index = 0; index < count; index += 1) {
    const prediction = data.predictions[index];
    const bin = bins[Math.min(binCount - 1, Math.max(0, Math.floor(prediction * binCount)))];
    bin.count += 1;
    bin.predictions += prediction;
    bin.positives += data.labels[index] === 1 ? 1 : 0;
  }
  return bins
    .filter((bin) => bin.count > 0)
    .map((bin) => ({
      count: bin.count,
      meanPrediction: bin.predictions / bin.count,
      positiveShare: bin.positives / bin.count,
    }));
}

/** Expected calibration error: mean distance of prediction and outcome over the bins, weighted by their size. */
export function calibrationError(data: Predictions, binCount = 10): number {
  return calibrationCurve(data, binCount).reduce(
    (sum, bin) =>
      sum + (bin.count / data.predictions.length) * Math.abs(bin.meanPrediction - bin.positiveShare),
    0,
  );
}
