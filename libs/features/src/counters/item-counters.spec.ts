import { seededRandom, shuffle } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { ItemCounters } from './item-counters';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const counters = (priorMass = 0): ItemCounters => new ItemCounters({ halfLivesHours: [24, 240], priorMass });

describe('ItemCounters', () => {
  it('halves a count in one half-life', () => {
    const counted = counters();
    counted.apply(3, 0, 2);
    expect(counted.decayedWeight(3, 0, DAY_MS)).toBeCloseTo(1);
    expect(counted.decayedWeight(3, 0, 2 * DAY_MS)).toBeCloseTo(0.5);
    expect(counted.decayedWeight(3, 1, 10 * DAY_MS)).toBeCloseTo(1);
    expect([counted.total(3), counted.firstMs(3), counted.lastMs(3)]).toEqual([2, 0, 0]);
  });

  it('shares the decayed weight out: worked by hand', () => {
    const counted = counters();
    counted.apply(0, 0, 1);
    counted.apply(1, DAY_MS, 1);
    expect(counted.share(0, 0, DAY_MS)).toBeCloseTo(1 / 3);
    expect(counted.share(1, 0, DAY_MS)).toBeCloseTo(2 / 3);
    const smoothed = counters(3);
    smoothed.apply(0, 0, 1);
    smoothed.apply(1, DAY_MS, 1);
    expect(smoothed.share(0, 0, DAY_MS)).toBeCloseTo((0.5 + 3 * 0.5) / (1.5 + 3));
  });

  it('counts the same in whatever order events arrive', () => {
    const random = seededRandom(2);
    const events = Array.from({ length: 400 }, () => ({
      ordinal: Math.floor(random() * 20),
      timeMs: Math.floor(random() * 40 * DAY_MS),
      weight: 1 + Math.floor(random() * 3),
    }));
    const order = shuffle(
      Array.from(events, (_, index) => index),
      random,
    );
    const inOrder = counters(50);
    const late = counters(50);
    for (const { ordinal, timeMs, weight } of [...events].sort((a, b) => a.timeMs - b.timeMs))
      inOrder.apply(ordinal, timeMs, weight);
    for (const index of order) late.apply(events[index].ordinal, events[index].timeMs, events[index].weight);
    for (let ordinal = 0; ordinal < 20; ordinal += 1) {
      const exact = events
        .filter((event) => event.ordinal === ordinal)
        .reduce((sum, event) => sum + event.weight * 2 ** (-(41 * DAY_MS - event.timeMs) / DAY_MS), 0);
      expect(inOrder.decayedWeight(ordinal, 0, 41 * DAY_MS)).toBeCloseTo(exact, 10);
      expect(late.share(ordinal, 0, 41 * DAY_MS)).toBeCloseTo(inOrder.share(ordinal, 0, 41 * DAY_MS), 12);
      expect(late.firstMs(ordinal)).toEqual(inOrder.firstMs(ordinal));
      expect(late.lastMs(ordinal)).toEqual(inOrder.lastMs(ordinal));
    }
  });

  it('gives shares that sum to one, now, later, and when asked for a time before the newest event', () => {
    const counted = counters(50);
    for (let event = 0; event < 100; event += 1) counted.apply(event % 7, event * HOUR_MS, 1);
    for (const nowMs of [0, 50 * HOUR_MS, 100 * HOUR_MS, 1_000 * DAY_MS]) {
      const shares = Array.from({ length: 7 }, (_, ordinal) => counted.share(ordinal, 0, nowMs));
      expect(shares.reduce((sum, share) => sum + share)).toBeCloseTo(1, 10);
      expect(shares.map((_, ordinal) => counted.sharesAt(0, nowMs)(ordinal))).toEqual(shares);
    }
  });

  it('does not let one live click take over when all else is old', () => {
    const counted = new ItemCounters({ halfLivesHours: [24, 240] });
    for (let event = 0; event < 1_000; event += 1)
      counted.apply(event % 10 === 0 ? 1 : 2, event * HOUR_MS, 1);
    const years = 10 * 365 * DAY_MS;
    const before = counted.top({ halfLifeIndex: 0, nowMs: years, count: 2 });
    expect(Array.from(before.ordinals)).toEqual([2, 1]);
    counted.apply(3, years, 1);
    expect(Array.from(counted.top({ halfLifeIndex: 0, nowMs: years, count: 3 }).ordinals)).toEqual([2, 1, 3]);
    expect(counted.share(3, 0, years)).toBeLessThan(0.03);
  });

  it('does not change when all times move together', () => {
    const here = counters(50);
    const there = counters(50);
    const shiftMs = 12_345 * DAY_MS;
    for (let event = 0; event < 50; event += 1) {
      here.apply(event % 5, event * event * HOUR_MS, 1);
      there.apply(event % 5, event * event * HOUR_MS + shiftMs, 1);
    }
    expect(there.share(4, 0, 3_000 * HOUR_MS + shiftMs)).toBeCloseTo(here.share(4, 0, 3_000 * HOUR_MS), 10);
  });

  it('ranks as sorting all shares does, by any half-life and for all time, among the accepted', () => {
    const random = seededRandom(9);
    const counted = counters(10);
    for (let event = 0; event < 3_000; event += 1)
      counted.apply(Math.floor(random() * random() * 500), Math.floor(random() * 30 * DAY_MS), 1);
    const accept = (ordinal: number): boolean => ordinal % 3 !== 0;
    const nowMs = 31 * DAY_MS;
    const all = Array.from({ length: 500 }, (_, ordinal) => ordinal).filter(
      (ordinal) => accept(ordinal) && counted.total(ordinal) > 0,
    );
    const byShare = all.sort((a, b) => counted.share(b, 1, nowMs) - counted.share(a, 1, nowMs) || a - b);
    const top = counted.top({ halfLifeIndex: 1, nowMs, count: 40, accept });
    expect(Array.from(top.ordinals)).toEqual(byShare.slice(0, 40));
    expect(top.scores[0]).toBeCloseTo(counted.share(top.ordinals[0], 1, nowMs));
    const byTotal = [...all].sort((a, b) => counted.total(b) - counted.total(a) || a - b);
    const allTime = counted.top({ halfLifeIndex: 'all-time', nowMs, count: 40, accept });
    expect(Array.from(allTime.ordinals)).toEqual(byTotal.slice(0, 40));
  });

  it('reads back what it wrote; a clone goes its own way', () => {
    const counted = counters(20);
    for (let event = 0; event < 200; event += 1) counted.apply(event % 13, event * HOUR_MS, 1 + (event % 2));
    const clone = counted.clone();
    expect(clone.share(5, 0, 9 * DAY_MS)).toBeCloseTo(counted.share(5, 0, 9 * DAY_MS), 12);
    expect([clone.activeCount, clone.totalWeight, clone.newestMs]).toEqual([13, 300, 199 * HOUR_MS]);
    expect(clone.priorMass).toBe(20);
    clone.apply(99, 300 * HOUR_MS, 1);
    expect(counted.total(99)).toBe(0);
    expect(counted.newestMs).toBe(199 * HOUR_MS);
  });

  it('knows nothing of an item without events', () => {
    const counted = counters(50);
    expect(counted.share(4, 0, 0)).toBe(0);
    expect(counted.top({ halfLifeIndex: 0, nowMs: 0, count: 5 }).ordinals).toHaveLength(0);
    counted.apply(9, 0, 1);
    expect(counted.share(4, 0, 0)).toBe(0);
    expect(counted.allTimeShare(1e9)).toBe(0);
    expect(counted.firstMs(4)).toBeNaN();
    expect(counted.lastMs(1_000)).toBeNaN();
  });

  it('refuses a time or weight that is not finite', () => {
    expect(() => counters().apply(0, NaN, 1)).toThrow('finite');
    expect(() => counters().apply(0, 0, Infinity)).toThrow('finite');
  });
});
