import { DEFAULT_GATE, itemId, ok, ordinal } from '@winnow/domain';
import type { Description, Ranker, RankRequest } from '@winnow/domain';
import { ItemTable } from '@winnow/features';
import { describe, expect, it } from 'vitest';
import type { RunFrame } from '../../frame';
import { AskedRanker } from './asked-ranker';
import { headEvidence } from './head-evidence';
import { releaseComparison } from './release-comparison';
import { nothingShown } from '../../shown/shown-frame';
import { shownItems } from './shown-items';
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
      scores: Float32Array.from(rows, ([, value]) => value),
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

describe('the ranker that is asked for what was shown, too', () => {
  const ranker: Ranker = {
    rank: async ({ release, ordinals }) =>
      ok({
        ...{ release, heads: ['a', 'b'] },
        scores: Float32Array.from(ordinals, (item) => item / 10),
        headValues: Float32Array.from([...ordinals].flatMap((item) => [item, -item])),
      }),
  };

  it('answers as if nothing else had been asked, and keeps both', async () => {
    const asked = new AskedRanker(ranker, [Uint32Array.of(9, 7)]);
    asked.watchOf(0);
    const request = { ordinals: Uint32Array.of(3, 1) } as unknown as RankRequest;
    const context = { deadlineAtMs: Infinity, requestId: '' };
    expect(await asked.rank(request, context)).toEqual(await ranker.rank(request, context));
    expect(asked.users[0].shown).toEqual({
      ordinals: Uint32Array.of(9, 7),
      scores: Float32Array.of(0.9, 0.7),
      headValues: Float32Array.of(9, -9, 7, -7),
    });
    expect(asked.users[0].candidates.ordinals).toEqual(Uint32Array.of(3, 1));
  });
});

describe('by what two releases are compared', () => {
  const items = new ItemTable(description.items.attributes);
  for (const item of [1, 2, 3, 9])
    items.upsert({
      ...{ ordinal: ordinal(item), itemId: itemId(`i${item}`), available: true, firstSeenAtMs: 0 },
      attributes: {},
    });
  const cases = [
    { user: 0, seen: Uint32Array.of(9), relevant: Uint32Array.of(1) },
    { user: 1, seen: new Uint32Array(0), relevant: Uint32Array.of(2, 3) },
  ];
  const nothing = {
    ordinals: new Uint32Array(0),
    scores: new Float32Array(0),
    headValues: new Float32Array(0),
  };
  const release = (...scores: number[]) => ({
    ...{ version: 'r', heads: ['cheap'], agreement: null, rankings: [Uint32Array.of(9), Uint32Array.of(9)] },
    asked: [
      {
        candidates: nothing,
        shown: {
          ordinals: Uint32Array.of(1, 2),
          scores: Float32Array.from(scores),
          headValues: Float32Array.from(scores),
        },
      },
      { candidates: nothing, shown: nothing },
    ],
  });
  const comparisonWith = (userCountMin: number, serving: ReturnType<typeof release> | null) =>
    releaseComparison({
      ...{
        frame,
        shown: nothingShown(),
        items,
        holdoutIndex: 0,
        cases,
        candidate: release(0.1, 0.2),
        serving,
      },
      description: { ...description, retraining: { gate: { ...DEFAULT_GATE, userCountMin } } } as Description,
    });

  it('is the order of what a user met, where some of it was taken and some left', () => {
    expect(shownItems(cases, { frame, shown: nothingShown(), items, holdoutIndex: 0 })).toEqual([
      Uint32Array.of(1, 2),
      Uint32Array.of(2, 3),
    ]);
    // User 1 took everything that they met: no order of it is wrong.
    const { basis, cases: compared, candidate, serving } = comparisonWith(1, release(0.2, 0.1));
    expect([basis, compared]).toEqual(['shown', [0]]);
    expect([candidate.rankings, serving?.rankings]).toEqual([[Uint32Array.of(2, 1)], [Uint32Array.of(1, 2)]]);
  });

  it('is the whole catalogue where the log says too little of it, or nothing serves', () => {
    expect(comparisonWith(2, release(0.2, 0.1))).toMatchObject({ basis: 'catalogue', cases: [0, 1] });
    expect(comparisonWith(1, null)).toMatchObject({ basis: 'catalogue', serving: null });
  });
});
