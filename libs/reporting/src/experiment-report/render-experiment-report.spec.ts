import { checkSampleRatio, effectOf, type ExperimentReport } from '@winnow/experiments';
import { describe, expect, it } from 'vitest';
import { renderExperimentReport } from './render-experiment-report';

/** Each value fifty times: the sequential test wants more than a handful of users. */
const column = (...values: number[]): Float64Array =>
  Float64Array.from(Array.from({ length: 50 }, () => values).flat());

const reportOf = (userCounts: readonly [number, number], treatment: Float64Array): ExperimentReport => ({
  ...{ experiment: 'wider <b>', layer: 'retrieval', control: 'now', covariateDays: 14, alpha: 0.05 },
  arms: userCounts.map((userCount, index) => ({ arm: index === 0 ? 'now' : 'wide', weight: 1, userCount })),
  exposures: { fromMs: 0, toMs: 86_400_000 },
  sampleRatio: checkSampleRatio(userCounts.map((userCount) => ({ userCount, weight: 1 }))),
  metrics: [
    {
      ...{ metric: 'click per user', arm: 'wide' },
      effect: effectOf({ numerator: column(1, 1.1, 0.9, 1, 1.05, 0.95) }, { numerator: treatment }),
    },
  ],
});

describe('an experiment report as a page', () => {
  it('says what is clear of zero, in figures and in words, and escapes names', () => {
    const html = renderExperimentReport(reportOf([500, 510], column(2, 2.1, 1.9, 2, 2.05, 1.95)));
    expect(html).toContain('The split is sound.');
    expect(html).toContain('click per user is higher in wide.');
    expect(html).toContain('+100.0 %');
    expect(html).toContain('wider &lt;b&gt;');
    expect(html).toContain('wide against now');
  });

  it('believes no effect when the split is broken', () => {
    const html = renderExperimentReport(reportOf([500, 300], column(2, 2.1, 1.9, 2, 2.05, 1.95)));
    expect(html).toContain('The split is broken.');
    expect(html).not.toContain('is higher in wide');
  });

  it('draws no conclusion from users who are all alike', () => {
    const alike = effectOf({ numerator: Float64Array.of(1, 1) }, { numerator: Float64Array.of(2, 2) });
    const report = reportOf([2, 2], column());
    const html = renderExperimentReport({ ...report, metrics: [{ ...report.metrics[0], effect: alike }] });
    expect(html).toContain('No metric is clear of zero yet.');
    expect(html).toContain('+100.0 %');
    expect(html).not.toContain('NaN');
  });

  it('says when nothing is clear, or nobody was exposed', () => {
    expect(renderExperimentReport(reportOf([500, 510], column(1, 1.1, 0.9, 1, 1.05, 0.95)))).toContain(
      'No metric is clear of zero yet.',
    );
    const empty = { ...reportOf([0, 0], column()), exposures: null, metrics: [] };
    expect(renderExperimentReport(empty)).toContain('Nobody has been exposed yet.');
  });
});
