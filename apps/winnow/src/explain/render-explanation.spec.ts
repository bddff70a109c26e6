import { describe, expect, it } from 'vitest';
import type { ItemExplanation } from './item-explanation';
import { renderExplanation } from './render-explanation';

const explanation: ItemExplanation = {
  release: '20261121T070000Z-1a2b3c',
  userId: 'ada',
  itemId: 'i1',
  title: 'A thing',
  historyCount: 1,
  score: 0.5,
  baselineScore: 0.1,
  heads: [
    { head: 'buy', value: 0.6, baselineValue: 0.2, weight: 1 },
    { head: 'hide', value: 0.05, baselineValue: 0.05, weight: -2 },
  ],
  contributions: [
    { of: 'feature', name: 'tower-score', meaning: 'how near they are', value: 0.9, contribution: 0.3 },
    { of: 'item', name: 'the item itself', meaning: null, value: null, contribution: -0.15 },
    { of: 'history', name: 'view Another', meaning: null, value: null, contribution: 0.2 },
    { of: 'profile', name: 'profile and context', meaning: null, value: null, contribution: 0.049 },
  ],
  completeness: { gap: 0.001, gapShare: 0.0025, stepCount: 64 },
  nearestHistory: [
    { itemId: 'i2', title: 'Another', event: 'view', timeMs: 0, similarity: 0.75, contribution: 0.2 },
  ],
};

describe('an explanation on the terminal', () => {
  const lines = renderExplanation(explanation, { top: 12 }).split('\n');
  const lineWith = (text: string): string => lines.find((line) => line.includes(text))!;

  it('weighs each head, and shows what each contribution adds with its sign', () => {
    expect(lineWith('hide ')).toMatch(/0\.0500\s+0\.0500\s+-2\s+-0\.1000/);
    expect(lineWith('tower-score')).toMatch(/0\.900\s+\+0\.3000\s+█{16}\s+how near they are$/);
    expect(lineWith('the item itself')).toMatch(/−0\.1500\s+░{8}$/);
    expect(lines.find((line) => line.startsWith('Another'))).toMatch(/0\.750\s+\+0\.2000/);
  });

  it('adds up in print: baseline, contributions and gap give the score', () => {
    const numbers = [...lineWith('complete:').matchAll(/[+−]?\d\.\d{4}/g)].map(([text]) =>
      Number(text.replace('−', '-')),
    );
    const [baseline, explained, gap, score] = numbers;
    expect(baseline + explained + gap).toBeCloseTo(score, 4);
  });

  it('sums up what it does not show, so that nothing is lost', () => {
    const short = renderExplanation(explanation, { top: 1 });
    expect(short).toMatch(/…\s+3 more\s+\+0\.0990/);
  });

  it('says so when too much is left unexplained, and when there is no history', () => {
    const gap = { gap: 0.2, gapShare: 0.5, stepCount: 1_024 };
    expect(renderExplanation({ ...explanation, completeness: gap }, { top: 3 })).toContain('NOT complete');
    const cold = renderExplanation({ ...explanation, historyCount: 0, nearestHistory: [] }, { top: 3 });
    expect(cold).toContain('The user has no history');
  });
});
