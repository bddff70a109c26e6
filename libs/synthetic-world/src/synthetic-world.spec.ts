import { describe, expect, it } from 'vitest';
import { seededRandom } from '@winnow/domain';
import { examinationProbabilities, expectedClicks, react } from './click-model';
import { Permutation, powerLawRank } from './distributions';
import { DAY_MS, defaultSyntheticWorldOptions } from './options';
import { syntheticItemIndex } from './synthetic-item';
import { SyntheticWorld } from './synthetic-world';
import type { SyntheticEvent } from './synthetic-world';

const SMALL = { seed: 7, itemCount: 800, userCount: 200, days: 10, slatesPerDay: 300 };

const take = (world: SyntheticWorld): SyntheticEvent[] => [...world.eventSequence()];

describe('a synthetic world', () => {
  it('is the same again for the same seed, and another for another', () => {
    const [first, again, other] = [7, 7, 8].map((seed) => new SyntheticWorld({ ...SMALL, days: 2, seed }));
    expect(first.item(5)).toEqual(again.item(5));
    expect(take(first)).toEqual(take(again));
    expect(first.item(5).attributes).not.toEqual(other.item(5).attributes);
    expect(take(first)).not.toEqual(take(other));
  });

  it('streams ten million items without holding them, and computes any one alone', async () => {
    const world = new SyntheticWorld({ seed: 1, itemCount: 10_000_000 });
    const last = world.item(9_999_999);
    expect(last.itemId).toBe('i09999999');
    expect(syntheticItemIndex(last.itemId)).toBe(9_999_999);
    const before = process.memoryUsage().heapUsed;
    let count = 0;
    for await (const batch of world.items(1_000)) {
      count += batch.length;
      if (count >= 50_000) break;
    }
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(200 * 1024 * 1024);
    for await (const batch of world.items(3)) {
      expect(batch[2]).toEqual(world.item(2));
      break;
    }
  });

  it('gives every item the described attributes, with the right types', async () => {
    const world = new SyntheticWorld(SMALL);
    let count = 0;
    for await (const batch of world.items(64)) {
      for (const { attributes } of batch) {
        count += 1;
        expect(attributes['title']).toContain(attributes['topic'] as string);
        expect((attributes['tags'] as string[]).length).toBeGreaterThan(1);
        expect(attributes['price']).toBeGreaterThan(0);
        expect(Number.isFinite(attributes['created'])).toBe(true);
      }
    }
    expect(count).toBe(800);
  });

  it('logs events in time order, unique, and never before the item exists', () => {
    const world = new SyntheticWorld(SMALL);
    const events = take(world);
    expect(events.length).toBeGreaterThan(20_000);
    expect(new Set(events.map((event) => event.eventId)).size).toBe(events.length);
    events
      .slice(1)
      .forEach((event, index) => expect(event.timeMs).toBeGreaterThanOrEqual(events[index].timeMs));
    for (const event of events.slice(0, 2_000))
      expect(world.item(event.itemIndex).attributes['created']).toBeLessThanOrEqual(event.timeMs);
    expect(new Set(events.map((event) => event.eventType))).toEqual(
      new Set(['impression', 'view', 'click', 'purchase', 'hide']),
    );
  });

  it('lets tastes drift: close after an hour, apart after half a period, still when drift is off', () => {
    const world = new SyntheticWorld({ ...SMALL, driftPeriodDays: 20 });
    const still = new SyntheticWorld({ ...SMALL, driftStrength: 0 });
    const { startMs } = world.options;
    const likeness = (of: SyntheticWorld, user: number, laterMs: number): number => {
      const [now, then] = [of.userTaste(user, startMs), of.userTaste(user, startMs + laterMs)];
      return now.reduce((sum, value, axis) => sum + value * then[axis], 0);
    };
    const users = Array.from({ length: 100 }, (_, user) => user);
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(users.map((user) => likeness(world, user, 3_600_000)))).toBeGreaterThan(0.999);
    expect(mean(users.map((user) => likeness(world, user, 10 * DAY_MS)))).toBeLessThan(0.6);
    expect(mean(users.map((user) => likeness(still, user, 10 * DAY_MS)))).toBeCloseTo(1, 5);
  });

  it('clicks what truth says is liked, less the further down it stands', () => {
    const events = take(new SyntheticWorld({ ...SMALL, days: 20 }));
    const shown = new Float64Array(10);
    const clicked = new Float64Array(10);
    for (const { eventType, position } of events) {
      if (eventType === 'impression') shown[position] += 1;
      if (eventType === 'click') clicked[position] += 1;
    }
    const rate = clicked.map((clicks, position) => clicks / shown[position]);
    expect(rate[0]).toBeGreaterThan(1.5 * rate[4]);
    expect(rate[4]).toBeGreaterThan(1.5 * rate[9]);
  });

  it('keeps affinity apart from position: clicked items are truly liked more than the rest of their slate', () => {
    const world = new SyntheticWorld(SMALL);
    const affinity = { click: 0, impression: 0 };
    const counts = { click: 0, impression: 0 };
    for (const event of take(world).filter(({ position }) => position === 0)) {
      if (event.eventType !== 'click' && event.eventType !== 'impression') continue;
      affinity[event.eventType] += world.trueAffinity(event.userIndex, event.itemIndex, event.timeMs);
      counts[event.eventType] += 1;
    }
    expect(affinity.click / counts.click).toBeGreaterThan(1.05 * (affinity.impression / counts.impression));
  });

  it('exposes a popular head and a long tail', () => {
    const world = new SyntheticWorld(SMALL);
    const perItem = new Float64Array(800);
    for (const event of take(world)) if (event.eventType === 'impression') perItem[event.itemIndex] += 1;
    const sorted = [...perItem].sort((left, right) => right - left);
    const total = sorted.reduce((sum, count) => sum + count, 0);
    const head = sorted.slice(0, 80).reduce((sum, count) => sum + count, 0);
    expect(head / total).toBeGreaterThan(0.3);
    expect(sorted.filter((count) => count > 0).length).toBeGreaterThan(600);
  });

  it('names the option that is out of range', () => {
    expect(() => new SyntheticWorld({ itemCount: 0 })).toThrow(/itemCount/);
    expect(() => new SyntheticWorld({ itemCount: 10_000_001 })).toThrow(/itemCount/);
    expect(() => new SyntheticWorld({ driftStrength: 2 })).toThrow(/driftStrength/);
    const clickModel = { ...defaultSyntheticWorldOptions.clickModel, persistence: -1 };
    expect(() => new SyntheticWorld({ clickModel })).toThrow(/clickModel.persistence/);
    expect(() => new SyntheticWorld(SMALL).item(800)).toThrow(/no item 800/);
  });
});

describe('the click model', () => {
  const options = defaultSyntheticWorldOptions.clickModel;

  it('expects exactly what many plays average to', () => {
    const affinities = [0.6, 0.1, 0.4, 0.3];
    const random = seededRandom(3);
    const examined = new Float64Array(4);
    let clicks = 0;
    const plays = 40_000;
    for (let play = 0; play < plays; play += 1)
      react(affinities, options, random).forEach((reaction, position) => {
        clicks += Number(reaction.clicked);
        examined[position] += Number(reaction.examined);
      });
    expect(clicks / plays).toBeCloseTo(expectedClicks(affinities, options), 1.7);
    examinationProbabilities(affinities, options).forEach((probability, position) =>
      expect(examined[position] / plays).toBeCloseTo(probability, 1.7),
    );
  });

  it('rewards an order with the liked items first when reading may stop', () => {
    const impatient = { ...options, persistence: 0.6, satisfaction: 0 };
    expect(expectedClicks([0.9, 0.1], impatient)).toBeGreaterThan(expectedClicks([0.1, 0.9], impatient));
  });
});

describe('the distributions', () => {
  it.each([1, 2, 3, 100, 1_000, 4_097])('permutes %i indexes one to one, and back', (count) => {
    const permutation = new Permutation(count, 5);
    const seen = new Set<number>();
    for (let index = 0; index < count; index += 1) {
      const rank = permutation.apply(index);
      seen.add(rank);
      expect(permutation.invert(rank)).toBe(index);
    }
    expect(seen.size).toBe(count);
    expect(Math.max(...seen)).toBe(count - 1);
  });

  it('draws ranks by a power law within bounds', () => {
    for (const skew of [0, 0.8, 1, 1.3]) {
      expect(powerLawRank(0, 100, skew)).toBe(0);
      expect(powerLawRank(1 - 1e-12, 100, skew)).toBe(99);
    }
    const random = seededRandom(1);
    const top = Array.from({ length: 20_000 }, () => powerLawRank(random(), 1_000, 1)).filter(
      (rank) => rank < 10,
    );
    expect(top.length / 20_000).toBeGreaterThan(0.25);
  });
});
