import { DEFAULT_GATE, ordinal } from '@winnow/domain';
import type { Description, ScoredCandidate } from '@winnow/domain';
import { ItemTable } from '@winnow/features';
import { describe, expect, it } from 'vitest';
import type { RunFrame } from '../../frame';
import { headEvidence } from './head-evidence';
import { HeavyRankerWatch } from './scored-candidates';
import { sliceEvidence } from './slice-evidence';

const HOUR_MS = 3_600_000;
const bootstrap = { seed: 1, resampleCount: 50 };

const description = {
  items: { attributes: [{ name: 'genre', type: 'category' }] },
  events: [
    { name: 'view', sentiment: 'neutral' },
    { name: 'buy', sentiment: 'positive' },
  ],
  objectives: [
    { head: 'cheap', event: 'buy', weight: 1 },
    { head: 'dear', event: 'buy', valueMin: 10, weight: 1 },
    { head: 'price', event: 'buy', weight: 1, loss: 'mse' },
  ],
  training: { ranker: { labelHorizonHours: 24 } },
  fairness: { itemGroups: [], userGroups: ['country'] },
  retraining: { gate: DEFAULT_GATE },
} as unknown as Description;

/** Held out: user 0 buys 1 for 20, user 1 buys 2 for 5 and, two days later, 3; user 0 views 2. */
const frame = {
  userAttributes: [{ country: 'NL' }, { country: 'BE' }],
  events: {
    count: 5,
    users: Uint32Array.of(0, 0, 1, 0, 1),
    ordinals: Uint32Array.of(9, 1, 2, 2, 3),
    eventTypes: Uint8Array.of(1, 1, 1, 0, 1),
    timesMs: Float64Array.of(0, 10, 11, 12, 49 * HOUR_MS),
    values: Float32Array.of(99, 20, 5, 1, 50),
    userIds: ['', ''],
  },
} as RunFrame;

describe('what the gate knows of the heads', () => {
  const asks = (
    predictions: readonly (readonly [number, number])[][],
    heads = ['cheap', 'dear', 'price'],
  ) => ({
    heads,
    scored: predictions.map((rows) => ({
      ordinals: Uint32Array.from(rows, ([item]) => item),
      headValues: Float32Array.from(rows.flatMap(([, value]) => heads.map(() => value))),
    })),
  });
  const candidate = asks([
    [
      [1, 0.9],
      [2, 0.2],
      [7, 0.1],
    ],
    [
      [2, 0.1],
      [3, 0.8],
    ],
  ]);

  it('labels candidates by the head’s own event, value and horizon, and leaves values alone', () => {
    const [cheap, dear, ...rest] = headEvidence({
      ...{ description, frame, holdoutIndex: 1, users: [0, 1], candidate, serving: null, bootstrap },
    });
    expect(rest).toEqual([]);
    expect([cheap.predictionCount, cheap.positiveCount, dear.positiveCount]).toEqual([5, 2, 1]);
    // User 0 has the taken one on top; user 1 below the one that was taken too late to count.
    expect(cheap.candidate.auc).toBe(0.5);
    expect(dear.candidate.auc).toBe(1);
    const loss = (Math.log(0.9) + Math.log(0.8) + Math.log(0.9)) / -3;
    expect(dear.candidate.logLoss).toBeCloseTo((loss + (Math.log(0.9) + Math.log(0.2)) / -2) / 2);
    expect(cheap.serving).toBeNull();
  });

  it('asks both releases the same: what both scored, whatever the order of heads and rows', () => {
    const serving = asks(
      [
        [
          [2, 0.7],
          [1, 0.6],
        ],
        [
          [3, 0.5],
          [2, 0.5],
        ],
      ],
      ['price', 'cheap'],
    );
    const [cheap, dear] = headEvidence({
      ...{ description, frame, holdoutIndex: 1, users: [0, 1], candidate, serving, bootstrap },
    });
    expect(cheap.predictionCount).toBe(4);
    expect(cheap.difference?.auc.mean).toBeCloseTo((1 - 0 + (0 - 0.5)) / 2);
    expect(dear.serving).toBeNull();
  });
});

describe('what the gate knows of slices', () => {
  const slices = sliceEvidence({
    ...{ k: 2, description, frame, users: [0, 1], bootstrap, confidence: 0.95 },
    items: new ItemTable(description.items.attributes),
    relevant: [new Set([1, 5]), new Set([2])],
    candidate: [Uint32Array.of(1, 8), Uint32Array.of(8, 9)],
    serving: [Uint32Array.of(8, 9), Uint32Array.of(2, 9)],
    interactionCount: (user) => [2, 30][user],
    popularity: new Map([
      [1, 60],
      [2, 60],
    ]),
    itemAgeDays: (item) => (item === 5 ? 0 : 90),
  });
  const slice = (by: string, name: string) => slices.find((one) => one.by === by && one.name === name);

  it('cuts by whose the items are: everything a user turned to is in their slice', () => {
    expect(slice('interactions before', '1 to 4')).toMatchObject({ userCount: 1, servingNdcg: 0 });
    expect(slice('country', 'BE')).toMatchObject({ candidateNdcg: 0, servingNdcg: 1 });
    expect(slice('country', 'BE')?.difference?.mean).toBe(-1);
  });

  it('cuts by what the items are: only those of the slice are wanted', () => {
    expect(slice('days since first chosen', '0 to 6')).toMatchObject({ userCount: 1, candidateNdcg: 0 });
    expect(slice('times chosen before', '50 or more')).toMatchObject({
      ...{ userCount: 2, candidateNdcg: 0.5, servingNdcg: 0.5 },
    });
  });
});

describe('the watch on the heavy ranker', () => {
  it('keeps what it scored of each request, and nothing of other steps', () => {
    const candidate = (item: number, headValues: number[]) =>
      ({ ordinal: ordinal(item), headValues }) as unknown as ScoredCandidate;
    const watch = new HeavyRankerWatch();
    const see = watch.watchOf(0);
    see({ kind: 'scorer', component: 'light-ranker', candidates: [candidate(1, [])], scoredCount: 1 });
    const candidates = [candidate(3, [0.5, 0.25]), candidate(1, [0.75, 0]), candidate(8, [])];
    see({ kind: 'scorer', component: 'heavy-ranker', candidates, scoredCount: 2 });
    see({ kind: 'reranker', component: 'mmr', candidates: [candidate(8, [])] });
    expect(watch.scored[0].ordinals).toEqual(Uint32Array.of(3, 1));
    expect(watch.scored[0].headValues).toEqual(Float32Array.of(0.5, 0.25, 0.75, 0));
  });
});
