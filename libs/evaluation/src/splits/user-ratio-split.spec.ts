import { seededRandom } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { indicesByUser } from './interaction-log';
import { userRatioSplit } from './user-ratio-split';

const random = seededRandom(4);
const log = {
  users: Uint32Array.from({ length: 400 }, () => Math.floor(random() * 20)),
  ordinals: Uint32Array.from({ length: 400 }, (_, index) => index),
  timesMs: Float64Array.from({ length: 400 }, (_, index) => index),
};

describe('userRatioSplit', () => {
  const { train, cases } = userRatioSplit(log, { train: 0.75, seed: 1 });

  it('holds out a quarter of everybody’s interactions, and nothing twice', () => {
    const kept = indicesByUser(train);
    for (const [user, indices] of indicesByUser(log)) {
      const heldOut = cases.find((one) => one.user === user)!;
      expect(kept.get(user)).toHaveLength(Math.round(0.75 * indices.length));
      expect(heldOut.history.length + heldOut.relevant.length).toBe(indices.length);
      const all = [...heldOut.history, ...heldOut.relevant].sort((a, b) => a - b);
      expect(all).toEqual(indices.map((index) => log.ordinals[index]));
      expect(Array.from(heldOut.history)).toEqual(kept.get(user)!.map((index) => train.ordinals[index]));
    }
  });

  it('repeats with the seed', () => {
    expect(userRatioSplit(log, { train: 0.75, seed: 1 }).cases).toEqual(cases);
    expect(userRatioSplit(log, { train: 0.75, seed: 2 }).cases).not.toEqual(cases);
  });

  it('leaves everybody something to learn from', () => {
    const single = { users: Uint32Array.of(7), ordinals: Uint32Array.of(3), timesMs: Float64Array.of(0) };
    const split = userRatioSplit(single, { train: 0.1, seed: 1 });
    expect(split.train.users).toHaveLength(1);
    expect(split.cases).toEqual([]);
  });
});
