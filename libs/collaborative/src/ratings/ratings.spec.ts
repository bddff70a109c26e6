import { gaussian, seededRandom } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { fitGlobalMean, fitRatingBiases } from './rating-biases';
import { fitRatingFactors } from './rating-factors';
import { fitRatingImplicitFactors } from './rating-implicit-factors';
import type { RatingTable } from './rating-table';

const table = (rows: readonly (readonly [user: number, item: number, rating: number])[]): RatingTable => ({
  users: Uint32Array.from(rows, ([user]) => user),
  ordinals: Uint32Array.from(rows, ([, item]) => item),
  ratings: Float32Array.from(rows, ([, , rating]) => rating),
});

describe('fitGlobalMean', () => {
  it('gives the mean to everything', () => {
    const { predict } = fitGlobalMean(
      table([
        [0, 0, 1],
        [0, 1, 4],
      ]),
    );
    expect([predict(0, 0), predict(9, 9)]).toEqual([2.5, 2.5]);
  });
});

describe('fitRatingBiases', () => {
  const ratings = table([
    [0, 0, 5],
    [0, 1, 4],
    [1, 0, 3],
    [1, 1, 1],
    [2, 1, 2],
  ]);

  it('is where no bias wants to move: the equations written out', () => {
    const predictor = fitRatingBiases(ratings, {
      userRegularisation: 2,
      itemRegularisation: 3,
      sweepCount: 500,
    });
    // Biases from predictions about somebody or something unknown.
    const mean = 3;
    const user = [0, 1, 2].map((id) => predictor.predict(id, 99) - mean);
    const item = [0, 1].map((id) => predictor.predict(99, id) - mean);
    const rows = Array.from(ratings.ratings, (rating, row) => ({
      user: ratings.users[row],
      item: ratings.ordinals[row],
      rating,
    }));
    user.forEach((bias, id) => {
      const own = rows.filter((row) => row.user === id);
      const residual = own.reduce((sum, row) => sum + row.rating - mean - item[row.item], 0);
      expect(bias).toBeCloseTo(residual / (2 + own.length), 9);
    });
    item.forEach((bias, id) => {
      const own = rows.filter((row) => row.item === id);
      const residual = own.reduce((sum, row) => sum + row.rating - mean - user[row.user], 0);
      expect(bias).toBeCloseTo(residual / (3 + own.length), 9);
    });
  });

  it('stays within the range of the ratings', () => {
    const loose = { userRegularisation: 0, itemRegularisation: 0 };
    const predictor = fitRatingBiases(ratings, loose);
    expect(predictor.predict(0, 0)).toBeLessThanOrEqual(5);
    expect(predictor.predict(1, 1)).toBeGreaterThanOrEqual(1);
  });
});

describe('fitRatingFactors', () => {
  // Ratings from planted factors; a tenth is kept for asking.
  const random = seededRandom(2);
  const taste = Array.from({ length: 60 }, () => [gaussian(random), gaussian(random)]);
  const kind = Array.from({ length: 40 }, () => [gaussian(random), gaussian(random)]);
  const all = taste.flatMap((user, u) =>
    kind.map((item, i) => [u, i, 3 + user[0] * item[0] + user[1] * item[1]] as const),
  );
  const kept = all.filter(([user, item]) => (user + item) % 10 !== 0);
  const asked = all.filter(([user, item]) => (user + item) % 10 === 0);
  const options = { dimension: 4, epochCount: 60, learningRate: 0.02, seed: 1 };
  const errorOf = (predict: (user: number, item: number) => number): number =>
    Math.sqrt(
      asked.reduce((sum, [user, item, rating]) => sum + (predict(user, item) - rating) ** 2, 0) /
        asked.length,
    );

  it('finds planted factors that biases cannot', () => {
    const factors = fitRatingFactors(table(kept), options);
    const biases = fitRatingBiases(table(kept));
    expect(errorOf(factors.predict)).toBeLessThan(0.25);
    expect(errorOf(biases.predict)).toBeGreaterThan(0.8);
  });

  it('repeats with the seed, and falls back to biases for the unknown', () => {
    const [first, again, other] = [1, 1, 2].map((seed) =>
      fitRatingFactors(table(kept), { ...options, epochCount: 2, seed }),
    );
    expect(first.predict(3, 4)).toBe(again.predict(3, 4));
    expect(first.predict(3, 4)).not.toBe(other.predict(3, 4));
    const mean = kept.reduce((sum, [, , rating]) => sum + rating, 0) / kept.length;
    expect(first.predict(999, 999)).toBeCloseTo(mean, 4);
  });
});

describe('fitRatingImplicitFactors', () => {
  // Two camps that each rate their own half of the items, mostly; ratings are noise around what the camp thinks of the item.
  const random = seededRandom(4);
  const opinion = Array.from({ length: 2 }, () => Array.from({ length: 40 }, () => gaussian(random)));
  const rows: [number, number, number][] = [];
  for (let user = 0; user < 120; user += 1)
    for (let item = 0; item < 40; item += 1) {
      const camp = user % 2;
      const own = item % 2 === camp;
      if (random() < (own ? 0.4 : 0.05))
        rows.push([user, item, 3 + opinion[camp][item] + 0.7 * gaussian(random)]);
    }
  // Of the last users only two ratings are known: what they rated says more than how.
  const kept = rows.filter(
    ([user], row) => user < 100 || rows.slice(0, row).filter(([other]) => other === user).length < 2,
  );
  const asked = rows.filter((row) => !kept.includes(row));
  const errorOf = (predict: (user: number, item: number) => number): number =>
    Math.sqrt(
      asked.reduce((sum, [user, item, rating]) => sum + (predict(user, item) - rating) ** 2, 0) /
        asked.length,
    );

  it('learns from what somebody rated, where plain factors have two ratings to go by', () => {
    const implicit = fitRatingImplicitFactors(table(kept), { dimension: 4, seed: 1 });
    const plain = fitRatingFactors(table(kept), {
      dimension: 4,
      epochCount: 40,
      learningRate: 0.01,
      seed: 1,
    });
    expect(errorOf(implicit.predict)).toBeLessThan(errorOf(plain.predict));
  });

  it('takes the gradient of its own loss: a small step makes the training error smaller, epoch by epoch', () => {
    const errors: number[] = [];
    const options = { dimension: 4, epochCount: 30, learningRate: 0.005, learningDecay: 1, seed: 2 };
    fitRatingImplicitFactors(table(kept), {
      ...options,
      ...{ biasRegularisation: 0, factorRegularisation: 0 },
      onEpoch: (_, error) => errors.push(error),
    });
    for (let epoch = 1; epoch < errors.length; epoch += 1)
      expect(errors[epoch]).toBeLessThan(errors[epoch - 1]);
  });

  it('repeats with the seed, stays within the range, and answers the unknown with what is known', () => {
    const [first, again, other] = [1, 1, 2].map((seed) =>
      fitRatingImplicitFactors(table(kept), { dimension: 3, epochCount: 3, seed }),
    );
    expect(first.predict(3, 4)).toBe(again.predict(3, 4));
    expect(first.predict(3, 4)).not.toBe(other.predict(3, 4));
    const ratings = kept.map(([, , rating]) => rating);
    const mean = ratings.reduce((sum, rating) => sum + rating, 0) / ratings.length;
    expect(first.predict(9_999, 9_999)).toBeCloseTo(mean, 4);
    for (const [user, item] of asked)
      expect(first.predict(user, item)).toBeLessThanOrEqual(Math.max(...ratings) + 1e-6);
  });
});
