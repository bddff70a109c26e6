import { describe, expect, it } from 'vitest';
import type { GateEvidence, GateRecommender, GateReport } from './gate-report';
import { renderGateReport } from './render-gate-report';

const interval = (mean: number) => ({ mean, low: mean - 0.01, high: mean + 0.01, count: 90 });

const recommender: GateRecommender = {
  ...{ ndcg: interval(0.2), recall: interval(0.3), coverage: 0.4, gini: 0.8 },
  popularityCurve: [{ itemShare: 1, exposureShare: 1 }],
  exposureSteps: [{ exposureShare: 0.5, itemCount: 31 }],
};

const head = { auc: 0.8, logLoss: 0.2, calibrationError: 0.05 };

const evidence: GateEvidence = {
  ...{ k: 20, userCount: 90, fromMs: 0, toMs: 9e7, servingRelease: 'r<1>', indexRecall: 0.97 },
  recommenders: { candidate: recommender, serving: recommender, popular: recommender, trending: recommender },
  differences: [
    {
      ...{ against: 'serving', basis: 'shown', ndcg: interval(-0.05), recall: interval(0) },
      ...{ candidate: { ndcg: 0.2, recall: 1 }, other: { ndcg: 0.25, recall: 1 } },
    },
  ],
  heads: [
    { head: 'buy', predictionCount: 5, positiveCount: 1, candidate: head, serving: head, difference: null },
  ],
  agreement: { candidate: 0.9, serving: null },
  slices: [
    {
      ...{ by: 'country', name: 'NL', userCount: 40 },
      ...{ candidateNdcg: 0.2, servingNdcg: 0.3, difference: interval(-0.1) },
    },
  ],
  probes: [{ probe: 'halves', measured: null, userCount: 0, note: 'too few users' }],
};

const report = (changes: Partial<GateEvidence> = {}): GateReport => ({
  ...{ formatVersion: 1, version: '20260101T000000Z-aaaaaa', namespace: 'shop', createdAtMs: 0 },
  verdict: {
    ...{ promoted: false, reason: 'it lost' },
    checks: [
      {
        ...{ topic: 'serving release', name: 'NDCG@20 against the serving release', measured: -0.04 },
        interval: { low: -0.06, high: -0.04 },
        ...{ required: -0.004, bound: 'at-least', outcome: 'failed', says: 'NDCG@20 is <much> worse' },
      },
      {
        ...{ topic: 'behaviour', name: 'halves', measured: null, interval: null, required: null },
        ...{ bound: 'at-least', outcome: 'unmeasured', says: 'too few users' },
      },
    ],
  },
  evidence: { ...evidence, ...changes },
});

describe('the report of the gate', () => {
  it('says what was refused and why, what was not measured, and what it was decided by', () => {
    const page = renderGateReport(report());
    expect(page).toContain('The gate refused it.');
    expect(page).toContain('NDCG@20 is &lt;much&gt; worse');
    expect(page).toContain('1 conditions could not be measured.');
    expect(page).toContain('country: NL');
    expect(page).toContain('serving release, on what was shown');
    expect(page).toContain('items of 50 %');
    expect(page).not.toMatch(/NaN|undefined|Infinity|null|<script/);
  });

  it('has no holes after it was written as JSON, for a first release, and when nobody was held out', () => {
    const first = report({ servingRelease: null, recommenders: { ...evidence.recommenders, serving: null } });
    const again = JSON.parse(JSON.stringify(first)) as GateReport;
    expect(renderGateReport(again)).toContain('the first of its kind');
    const empty = { mean: NaN, low: NaN, high: NaN, count: 0 };
    const unmeasured = { ...recommender, ndcg: empty, recall: empty };
    const none = report({
      ...{ userCount: 0, slices: [], heads: [] },
      recommenders: { candidate: unmeasured, serving: null, popular: unmeasured, trending: unmeasured },
    });
    const page = renderGateReport(JSON.parse(JSON.stringify(none)) as GateReport);
    expect(page).toContain('Nobody with a past');
    expect(page).not.toMatch(/NaN|undefined|Infinity|null/);
  });
});
