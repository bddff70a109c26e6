import type { RankingExamples } from '../ranking-examples';
import type { HeavyRanker } from './heavy-ranker';
import { requestOf } from './measure-heavy-ranker';

/** Turns a head's logit into one that tells its true odds: `slope · logit + shift`. */
export interface HeadCalibration {
  readonly slope: number;
  readonly shift: number;
}

/** Logits with what they were right about; `weights` make up for how rows were sampled. */
export interface WeightedLogits {
  readonly logits: ArrayLike<number>;
  /** In [0, 1]. */
  readonly labels: ArrayLike<number>;
  /** Of each row as a negative; a positive counts once. */
  readonly negativeWeights: ArrayLike<number>;
}

const STEPS_MAX = 50;
/** A calibration must not turn an order round. */
const SLOPE_MIN = 0.05;
/** Rows that speak for a slope of 1: a head with hardly any positives keeps its shape. */
const SLOPE_PRIOR = 10;
const TOLERANCE = 1e-8;
/** Keeps the logit of a saturated probability finite. */
const PROBABILITY_MARGIN = 1e-7;

/**
 * Logistic calibration (Platt, 1999) with known sampling weights, by Newton's method on slope and shift. Rankers learn
 * from a sample of the negatives and from listwise losses, which mind the order alone: both leave probabilities that are
 * off. With a slope of 1 it would be the classic correction for negative sampling, a shift by the logarithm of the rate
 * (He et al., ADKDD 2014). O(rows) a step.
 */
export function fitCalibration(rows: WeightedLogits): HeadCalibration {
  let slope = 1;
  let shift = 0;
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const { g0, g1, h00, h01, h11 } = slopesOf(rows, slope, shift);
    const determinant = h00 * h11 - h01 * h01;
    if (!(determinant > 0)) break;
    const slopeStep = (h00 * g1 - h01 * g0) / determinant;
    const shiftStep = (h11 * g0 - h01 * g1) / determinant;
    // Far from the optimum Newton overshoots; one unit a step is never far enough to.
    const scale = Math.min(1, 1 / Math.max(Math.abs(slopeStep), Math.abs(shiftStep), 1e-12));
    slope = Math.max(SLOPE_MIN, slope - scale * slopeStep);
    shift -= scale * shiftStep;
    if (Math.max(Math.abs(slopeStep), Math.abs(shiftStep)) < TOLERANCE) break;
  }
  return { slope, shift };
}

/** Gradient and Hessian of the weighted log loss: 0 the shift, 1 the slope. */
function slopesOf({ logits, labels, negativeWeights }: WeightedLogits, slope: number, shift: number) {
  const sums = { g0: 0, g1: SLOPE_PRIOR * (slope - 1), h00: 1e-9, h01: 0, h11: SLOPE_PRIOR };
  for (let row = 0; row < logits.length; row += 1) {
    const probability = 1 / (1 + Math.exp(-(slope * logits[row] + shift)));
    const negative = (1 - labels[row]) * negativeWeights[row];
    const slopeOfRow = negative * probability - labels[row] * (1 - probability);
    const curvature = (labels[row] + negative) * probability * (1 - probability);
    sums.g0 += slopeOfRow;
    sums.g1 += slopeOfRow * logits[row];
    sums.h00 += curvature;
    sums.h01 += curvature * logits[row];
    sums.h11 += curvature * logits[row] * logits[row];
  }
  return sums;
}

/**
 * A calibration for each head of an uncalibrated ranker from queries that it has not learnt from, every negative counting
 * for as many as its sampling rate says.
 */
export async function calibrationOf(options: {
  readonly heavy: HeavyRanker;
  readonly examples: RankingExamples;
  readonly queries: ArrayLike<number>;
}): Promise<readonly HeadCalibration[]> {
  const { heavy, examples } = options;
  const { headCount, groupOffsets, labels, negativeRates } = examples;
  const heads = heavy.heads.map(() => ({
    logits: [] as number[],
    labels: [] as number[],
    negativeWeights: [] as number[],
  }));
  for (const query of Array.from(options.queries)) {
    const { headValues } = await heavy.score(requestOf(examples, query));
    const firstRow = groupOffsets[query];
    headValues.forEach((value, at) => {
      const probability = Math.min(1 - PROBABILITY_MARGIN, Math.max(PROBABILITY_MARGIN, value));
      const head = heads[at % headCount];
      head.logits.push(Math.log(probability / (1 - probability)));
      head.labels.push(labels[firstRow * headCount + at]);
      head.negativeWeights.push(1 / negativeRates[firstRow + Math.floor(at / headCount)]);
    });
  }
  const { targets } = heavy.parts.config;
  return heads.map((rows, head) =>
    targets[head].loss === 'log-loss' ? fitCalibration(rows) : { slope: 1, shift: 0 },
  );
}
