import { gaussian, seededRandom, type Random, type ScoredCandidate } from '@winnow/domain';
import type { Reranker } from '@winnow/pipeline';
import { describe, expect, it } from 'vitest';
import type { FunnelQuery } from '../../funnel-query';
import { candidate, NOW_MS, ordinalsOf, queryOf } from '../../funnel.fixture';
import { bestOfNormals } from './best-of-normals';
import { coldStartReranker } from './cold-start.reranker';
import { epsilonGreedyReranker } from './epsilon-greedy.reranker';
import { thompsonReranker } from './thompson.reranker';

const DRAWS = 8_000;
const DAY_MS = 86_400_000;
/** Item n has score 10 − n. */
const ranked = Array.from({ length: 10 }, (_, index) => candidate(index, { score: 10 - index }));
/** Item n has n events and arrived n days ago. */
const counters = { total: (index: number) => index };
const items = { firstSeenAtMs: (index: number) => NOW_MS - index * DAY_MS };

const policies: Readonly<
  Record<string, (random: Random | undefined) => Reranker<FunnelQuery, ScoredCandidate>>
> = {
  'epsilon-greedy': (random) => epsilonGreedyReranker({ positions: [2], depth: 4, epsilon: 0.4, random }),
  thompson: (random) => thompsonReranker({ positions: [2], depth: 4, deviation: 1.5, counters, random }),
  'cold-start': (random) =>
    coldStartReranker({
      ...{ positions: [2], depth: 6, share: 0.3, ageDaysMax: 5, positivesBelow: 5 },
      ...{ items, counters, random },
    }),
};

describe.each(Object.entries(policies))('%s', (name, make) => {
  it('draws items as often as the propensities that it writes down say', () => {
    const reranker = make(seededRandom(1));
    const counts = new Map<number, number>();
    let mistakenCount = 0;
    const { exploration } = reranker.rerank(queryOf({ k: 5 }), ranked)[2];
    const stated = new Map<number, number>(
      exploration!.ordinals.map((one, at) => [one, exploration!.propensities[at]]),
    );
    for (let draw = 0; draw < DRAWS; draw += 1) {
      const drawn = reranker.rerank(queryOf({ k: 5 }), ranked)[2];
      counts.set(drawn.ordinal, (counts.get(drawn.ordinal) ?? 0) + 1);
      mistakenCount += Number(drawn.exploration!.propensity !== stated.get(drawn.ordinal));
    }
    expect(mistakenCount).toBe(0);
    const total = [...stated.values()].reduce((sum, propensity) => sum + propensity, 0);
    expect(total).toBeCloseTo(1, 9);
    for (const [ordinal, propensity] of stated)
      expect((counts.get(ordinal) ?? 0) / DRAWS).toBeCloseTo(propensity, 1.4);
    expect([...counts.keys()].every((ordinal) => stated.has(ordinal))).toBe(true);
  });

  it('moves down who was passed over, touches no other position, and is marked by its name', () => {
    const reranker = make(() => 0.999_999);
    const order = reranker.rerank(queryOf({ k: 5 }), ranked);
    const drawn = order[2].ordinal as number;
    expect(drawn).toBeGreaterThan(2);
    expect(ordinalsOf(order)).toEqual([
      0,
      1,
      drawn,
      ...[2, 3, 4, 5, 6, 7, 8, 9].filter((one) => one !== drawn),
    ]);
    expect(order.map(({ exploration }) => exploration?.policy)).toEqual(
      order.map((_, index) => (index === 2 ? name : undefined)),
    );
    expect(order[2].exploration!.scores).toEqual(
      order[2].exploration!.ordinals.map((ordinal) => 10 - ordinal),
    );
  });

  it('leaves a slate alone that ends before its position, and everything without chance', () => {
    expect(make(() => 0.99).rerank(queryOf({ k: 2 }), ranked)).toEqual(ranked);
    expect(make(() => 0.99).rerank(queryOf(), ranked.slice(0, 2))).toEqual(ranked.slice(0, 2));
    expect(make(undefined).enabled?.(queryOf())).toBe(false);
    expect(make(() => 0).enabled?.(queryOf())).toBe(true);
  });
});

describe('cold start', () => {
  it('gives new items their share and no more, whatever their number', () => {
    const order = policies['cold-start'](() => 0.5).rerank(queryOf({ k: 5 }), ranked);
    // Offered: items 2 to 7; new and rarely met: 2, 3, 4.
    expect(order[2].exploration).toMatchObject({ ordinals: [2, 3, 4] });
    expect(order[2].exploration!.propensities.map((each) => Math.round(each * 1e9) / 1e9)).toEqual([
      0.8, 0.1, 0.1,
    ]);
  });

  it('leaves nothing to chance without a new item', () => {
    const old = ranked.map((one) => ({ ...one, ordinal: (one.ordinal + 100) as typeof one.ordinal }));
    const order = policies['cold-start'](() => 0.99).rerank(queryOf({ k: 5 }), old);
    expect(order).toEqual(old);
  });
});

describe('thompson', () => {
  it('explores the unknown more than the known', () => {
    const known = thompsonReranker({
      ...{ positions: [0], depth: 2, deviation: 0.5, random: () => 0 },
      counters: { total: () => 1_000 },
    });
    const unknown = thompsonReranker({
      ...{ positions: [0], depth: 2, deviation: 0.5, random: () => 0 },
      counters: { total: () => 0 },
    });
    const second = (reranker: typeof known): number =>
      reranker.rerank(queryOf(), ranked)[0].exploration!.propensities[1];
    expect(second(known)).toBeLessThan(1e-6);
    expect(second(unknown)).toBeGreaterThan(0.05);
  });
});

describe('the largest of several normals', () => {
  it('is found as often as drawing them finds it', () => {
    const [means, deviations] = [Float64Array.of(1, 0.8, 0, -2), Float64Array.of(0.1, 0.5, 1, 0.01)];
    const random = seededRandom(5);
    const counts = [0, 0, 0, 0];
    for (let draw = 0; draw < 50_000; draw += 1) {
      const drawn = Array.from(means, (mean, index) => mean + deviations[index] * gaussian(random));
      counts[drawn.indexOf(Math.max(...drawn))] += 1;
    }
    const probabilities = bestOfNormals(means, deviations);
    for (const [index, count] of counts.entries())
      expect(probabilities[index]).toBeCloseTo(count / 50_000, 1.8);
    expect(probabilities.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 12);
  });

  it('of two has a closed form', () => {
    // P(X > Y) = Φ(1 / √2) for means 1 and 0 and deviations of 1 / √2 and … such that the variances add up to 2.
    const [first] = bestOfNormals(Float64Array.of(1, 0), Float64Array.of(1, 1));
    expect(first).toBeCloseTo(0.760249938906524, 6);
  });
});
