import { DEFAULT_GATE } from '@winnow/domain';
import type { GateDescription } from '@winnow/domain';
import type { MeanWithInterval } from '@winnow/evaluation';
import type { GateDifference, GateEvidence, GateRecommender } from '@winnow/reporting';
import type { GateSettings } from './gate-check';

export const interval = (mean: number, half = 0.01): MeanWithInterval => ({
  ...{ mean, low: mean - half, high: mean + half },
  count: 200,
});

const recommender = (ndcg: number, recall: number): GateRecommender => ({
  ...{ ndcg: interval(ndcg), recall: interval(recall), coverage: 0.4, gini: 0.8 },
  popularityCurve: [{ itemShare: 1, exposureShare: 1 }],
  exposureSteps: [{ exposureShare: 0.5, itemCount: 30 }],
});

const OTHERS = {
  serving: { ndcg: 0.21, recall: 0.31 },
  popular: { ndcg: 0.1, recall: 0.2 },
  trending: { ndcg: 0.12, recall: 0.22 },
};

export const differenceFrom = (
  against: GateDifference['against'],
  ndcg: MeanWithInterval,
  basis: GateDifference['basis'] = 'catalogue',
): GateDifference => ({
  ...{ against, basis, ndcg, recall: interval(0) },
  candidate: { ndcg: 0.2, recall: 0.3 },
  other: OTHERS[against],
});

const head = { auc: 0.8, logLoss: 0.2, calibrationError: 0.05 };

/** A release that is a little worse than the serving one, and better than any list. */
export const passingEvidence: GateEvidence = {
  ...{ k: 20, userCount: 200, fromMs: 0, toMs: 86_400_000, servingRelease: 'r1', indexRecall: 0.97 },
  recommenders: {
    candidate: recommender(0.2, 0.3),
    serving: recommender(0.21, 0.31),
    popular: recommender(0.1, 0.2),
    trending: recommender(0.12, 0.22),
  },
  differences: [
    differenceFrom('serving', interval(-0.01)),
    differenceFrom('popular', interval(0.1)),
    differenceFrom('trending', interval(0.08)),
  ],
  heads: [
    {
      ...{ head: 'buy', predictionCount: 1_000, positiveCount: 50, candidate: head, serving: head },
      difference: { auc: interval(0), logLoss: interval(0) },
    },
  ],
  agreement: { candidate: 0.9, serving: 0.92 },
  slices: [
    {
      ...{ by: 'interactions before', name: '1 to 4', userCount: 80 },
      ...{ candidateNdcg: 0.2, servingNdcg: 0.21, difference: interval(-0.01) },
    },
  ],
  probes: [
    { probe: 'single-taste', measured: 2, userCount: 6, note: 'one user for each of six genres' },
    { probe: 'halves', measured: 0.3, userCount: 24, note: '' },
    { probe: 'forgotten', measured: 0.9, userCount: 12, note: '' },
    { probe: 'irrelevant', measured: null, userCount: 0, note: 'no attributes named' },
  ],
};

export const settingsWith = (gate: Partial<GateDescription> = {}): GateSettings => ({
  retraining: {
    ...{ cron: '0 3 * * *', windowDays: 0, ndcgDropMax: 0.1 },
    gate: { ...DEFAULT_GATE, ...gate },
  },
  indexRecallMin: 0.95,
});
