import { categoryDistribution, driftOf, numberDistribution } from '@winnow/evaluation';
import { describe, expect, it } from 'vitest';
import type { DriftReport, DriftRow } from './drift-report';
import { renderDriftReport } from './render-drift-report';

const DAY_MS = 86_400_000;
const values = Float64Array.from({ length: 200 }, (_, index) => index);
const age = numberDistribution(values, 200);
const genre = categoryDistribution(new Map([['drama <3', 100]]), 100);

const rowsOf = (dayMs: number, shift: number): DriftRow[] => [
  {
    ...{ feature: 'feature: age', dayMs, sampleCount: 200 },
    ...driftOf(age, { kind: 'number', values: values.map((value) => value + shift), sampleCount: 200 }),
  },
  {
    ...{ feature: 'genre', dayMs, sampleCount: 5 },
    ...driftOf(genre, { kind: 'category', countOf: new Map([['western', 5]]), sampleCount: 5 }),
  },
];

const report = (rows: readonly DriftRow[]): DriftReport => ({
  release: '20260101T000000Z-aaaaaa',
  reference: {
    ...{ formatVersion: 1, fromMs: 0, toMs: 7 * DAY_MS },
    distributions: { 'feature: age': age, genre },
  },
  rows,
});

describe('the drift report', () => {
  it('names the days and features that have moved, and what there is too little of', () => {
    const page = renderDriftReport(report([...rowsOf(8 * DAY_MS, 0), ...rowsOf(9 * DAY_MS, 120)]));
    expect(page).toContain('1970-01-10: 1 features have moved.');
    expect(page).not.toContain('1970-01-09: ');
    expect(page).toContain('drama &lt;3');
    expect(page).toMatch(/▲▲<br>/);
    expect(page).not.toMatch(/NaN|undefined|Infinity|null|<script/);
  });

  it('says that nothing has moved, also when there is no day to compare', () => {
    expect(renderDriftReport(report(rowsOf(8 * DAY_MS, 0)))).toContain('Nothing has moved');
    expect(renderDriftReport(report([]))).toContain('No day');
  });
});
