import { plainValue } from '@winnow/evaluation';
import type { ComparisonReport, ModelReport } from '@winnow/evaluation';
import { describe, expect, it } from 'vitest';
import { comparisonText } from './evaluation-comparison-table';
import { evaluationParts, usualProtocol } from './evaluation-data';
import { watchMemory } from './evaluation-memory';
import { textTable } from './evaluation-table';

describe('evaluationParts', () => {
  const request = (data: string, protocol: 'gt' | 'loo' | 'folds' | 'gowalla') =>
    evaluationParts({
      data,
      protocol,
      slices: [],
      description: () => Promise.reject(new Error('must not be read')),
    });

  it('refuses data that it does not know, and protocols that the data is not for, before anything is read', async () => {
    await expect(request('netflix', 'gt')).rejects.toThrow(/no data set netflix; known: .*gowalla/);
    await expect(request('gowalla', 'gt')).rejects.toThrow(/protocol gt is for data with times/);
    await expect(request('gowalla', 'loo')).rejects.toThrow(/protocol loo is for data in order/);
    await expect(request('online-retail', 'gowalla')).rejects.toThrow(/protocol gowalla is for gowalla/);
    await expect(request('online-retail', 'folds')).rejects.toThrow(/protocol folds is for movielens-100k/);
  });

  it('knows the protocol that a set is made for', () => {
    expect(['online-retail', 'amazon-beauty', 'gowalla'].map(usualProtocol)).toEqual([
      'gt',
      'loo',
      'gowalla',
    ]);
  });
});

describe('textTable', () => {
  it('aligns columns to their content', () => {
    const rows = [
      { name: 'a', value: '1' },
      { name: 'long', value: '22' },
    ];
    const table = textTable<(typeof rows)[number]>(
      [
        { title: 'name', align: 'left', cell: ({ name }) => name },
        { title: 'v', cell: ({ value }) => value },
      ],
      rows,
    );
    expect(table).toBe('name   v\na      1\nlong  22');
  });
});

describe('comparisonText', () => {
  const cost = {
    tuningMs: 1_500,
    trainingMs: 2_000,
    answeringMs: 500,
    examplesPerSecond: 1_234,
    peakMemoryBytes: 3 * 2 ** 20,
  };
  const run = {
    seed: 7,
    exampleCount: 10,
    learningCurves: [],
    popularityCurve: [{ itemShare: 0.1, exposureShare: 0.5 }],
    calibrationCurve: [],
    userSlices: [],
    itemSlices: [],
    cost,
  };
  const model = (name: string, values: ModelReport['metrics']): ModelReport => ({
    name,
    title: `the ${name}`,
    deterministic: true,
    settings: { regularisation: 200 },
    runs: [{ ...run, metrics: values }],
    metrics: values,
  });
  const report: ComparisonReport = {
    formatVersion: 1,
    data: 'films',
    protocol: 'gt',
    seeds: [7],
    durationMs: 4_000,
    parts: [
      {
        task: 'ranking',
        question: 'rank',
        facts: [{ name: 'users', value: 1_000 }],
        ks: [10],
        models: [
          model('first', [
            { metric: 'recall', k: 10, mean: 0.25, low: 0.2, high: 0.3, count: 4, intervalOver: 'queries' },
            plainValue('coverage', 10, 0.5),
          ]),
        ],
        skipped: [{ name: 'EASE', reason: 'too many items' }],
      },
    ],
  };

  it('shows figures with half their interval, and a dash for what is not there', () => {
    const text = comparisonText(report);
    expect(text).toContain('films, protocol gt, seed 7');
    expect(text).toContain('1,000 users');
    expect(text).toMatch(/the first\s+0\.2500 ±0\.0500\s+–/);
    expect(text).toMatch(/the first\s+0\.500\s+–\s+–\s+–\s+50\.0 %/);
    expect(text).toMatch(/the first\s+1\s+1\.5\s+2\.0\s+1,234\s+0\.5\s+3\n/);
    expect(text).toContain('the first: regularisation 200');
    expect(text).toContain('left out: EASE: too many items');
  });

  it('loses nothing as JSON that a reader would need', () => {
    expect(JSON.parse(JSON.stringify(report))).toMatchObject({
      parts: [{ models: [{ metrics: [{ mean: 0.25 }, { mean: 0.5, low: null }] }] }],
    });
  });
});

describe('watchMemory', () => {
  it('sees memory that is held only while the thread is busy', async () => {
    const before = process.memoryUsage.rss();
    const end = watchMemory();
    await new Promise((resolve) => setTimeout(resolve, 200));
    let held: Uint8Array | null = new Uint8Array(200 * 2 ** 20).fill(1);
    for (let until = performance.now() + 300; performance.now() < until;) held[0] += 1;
    expect(held[1]).toBe(1);
    held = null;
    const peak = await end();
    expect(peak).toBeGreaterThan(before + 150 * 2 ** 20);
  });
});
