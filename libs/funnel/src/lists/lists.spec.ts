import { ordinal, userId } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { catalogItem, catalogOf, countersOf, ManualClock, NOW_MS } from '../funnel.fixture';
import { CandidateCache } from './candidate-cache';
import { CandidateLists, type CandidateListsOptions } from './candidate-lists';

const listsOf = (extra: Partial<CandidateListsOptions> = {}) =>
  new CandidateLists({
    items: catalogOf(),
    counters: countersOf(),
    clock: new ManualClock(),
    halfLifeCount: 2,
    countMax: 12,
    ...extra,
  });

describe('CandidateLists', () => {
  it('tells what trends from what is popular and what is new', async () => {
    const lists = listsOf();
    expect(lists.trending.ordinals).toHaveLength(0);
    await lists.refresh(NOW_MS);
    expect([...lists.trending.ordinals.slice(0, 10)]).toEqual([50, 51, 52, 53, 54, 55, 56, 57, 58, 59]);
    expect([...lists.popular.ordinals.slice(0, 3)]).toEqual([0, 1, 2]);
    expect([...lists.fresh.ordinals.slice(0, 3)]).toEqual([99, 98, 97]);
    expect(lists.fresh.ordinals).toHaveLength(12);
  });

  it('leaves out what is gone, unavailable or not eligible', async () => {
    const items = catalogOf();
    items.remove(ordinal(50));
    items.upsert(catalogItem(51, false));
    const lists = listsOf({ items, eligible: (index) => index !== 52 });
    await lists.refresh(NOW_MS);
    expect([...lists.trending.ordinals.slice(0, 2)]).toEqual([53, 54]);
  });

  it('has a new item after the next refresh', async () => {
    const items = catalogOf();
    const lists = listsOf({ items });
    await lists.refresh(NOW_MS);
    items.upsert(catalogItem(100));
    await lists.refresh(NOW_MS);
    expect(lists.fresh.ordinals[0]).toBe(100);
  });

  it('has new items at once when only they are looked at, and keeps what a refresh will decide anew', async () => {
    const items = catalogOf();
    const lists = listsOf({ items, eligible: (index) => index !== 101 });
    await lists.refresh(NOW_MS);
    const trending = lists.trending;
    for (const index of [100, 101, 102]) items.upsert(catalogItem(index));
    items.upsert(catalogItem(103, false));
    items.remove(ordinal(99));
    lists.admitNewItems();
    expect([...lists.fresh.ordinals.slice(0, 3)]).toEqual([102, 100, 98]);
    expect(lists.trending).toBe(trending);
    items.upsert(catalogItem(104));
    lists.admitNewItems();
    expect(lists.fresh.ordinals[0]).toBe(104);
    expect(lists.fresh.ordinals).toHaveLength(12);
  });

  it('lets others run while it computes, and computes once for all who ask meanwhile', async () => {
    // A clock that jumps at every look makes every slice overrun.
    let nowMs = 0;
    const clock = { nowMs: () => 0, monotonicMs: () => (nowMs += 10) };
    const lists = listsOf({ items: catalogOf(10_000), clock });
    let turns = 0;
    let ended = false;
    const turn = (): void => {
      turns += 1;
      if (!ended) setImmediate(turn);
    };
    setImmediate(turn);
    const first = lists.refresh(NOW_MS);
    expect(lists.refresh(NOW_MS)).toBe(first);
    await first;
    ended = true;
    expect(lists.popular.ordinals[0]).toBe(0);
    expect(turns).toBeGreaterThanOrEqual(4);
  });
});

describe('CandidateCache', () => {
  const ordinals = Uint32Array.of(1, 2);

  it('forgets after a while', () => {
    const clock = new ManualClock();
    const cache = new CandidateCache({ clock, keepMs: 100 });
    cache.put(userId('a'), ordinals);
    expect(cache.get(userId('a'))).toBe(ordinals);
    clock.advance(100);
    expect(cache.get(userId('a'))).toBeNull();
  });

  it('keeps the newest users only', () => {
    const cache = new CandidateCache({ clock: new ManualClock(), userCountMax: 2 });
    for (const name of ['a', 'b', 'a', 'c']) cache.put(userId(name), ordinals);
    expect(['a', 'b', 'c'].map((name) => cache.get(userId(name)) !== null)).toEqual([true, false, true]);
  });
});
