import { ordinal } from '@winnow/domain';
import type { ScoredCandidate } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import type { FunnelQuery } from '../funnel-query';
import { topSelector } from '../selectors/top.selector';
import { newItemsReranker, withNewItems } from './new-items';
import type { NewItemsOptions } from './new-items';

const DAY_MS = 86_400_000;
const NOW_MS = 100 * DAY_MS;

/** Ordinals from 100 on arrived yesterday and nobody took them; of the others 7 is old and 8 well known. */
const options: NewItemsOptions = {
  items: { firstSeenAtMs: (one) => (one >= 100 || one === 8 ? NOW_MS - DAY_MS : 0) },
  counters: { total: (one) => (one >= 100 || one === 7 ? 0 : 50) },
  slots: 1,
  window: 5,
  ageDaysMax: 30,
  positivesBelow: 5,
};

const query = (k: number): FunnelQuery => ({ k, nowMs: NOW_MS }) as FunnelQuery;

const candidate = (number: number, towerScore?: number): ScoredCandidate => ({
  ordinal: ordinal(number),
  score: -number,
  stageScores: [],
  headValues: [],
  provenance: towerScore === undefined ? [] : [{ source: 'two-tower', rank: 0, score: towerScore }],
});

const ORDINARY = Array.from({ length: 12 }, (_, index) => candidate(index + 1, 0.9));
const NEW = [candidate(100, 0.2), candidate(101, 0.6), candidate(102), candidate(103, 0.4)];

const ordinals = (candidates: readonly ScoredCandidate[]): number[] => candidates.map((one) => one.ordinal);

describe('positions for new items', () => {
  it('are the last of every window, for those whose content fits best; all others keep their order', () => {
    const order = newItemsReranker(options).rerank(query(10), [...ORDINARY, ...NEW]);
    expect(ordinals(order)).toEqual([1, 2, 3, 4, 101, 5, 6, 7, 8, 103, 9, 10, 11, 12, 100, 102]);
  });

  it('are not given where a new item stands in the window by its own merit', () => {
    const [first, ...rest] = ORDINARY;
    const order = newItemsReranker(options).rerank(query(5), [first, NEW[0], ...rest, NEW[1]]);
    expect(ordinals(order).slice(0, 5)).toEqual([1, 100, 2, 3, 4]);
  });

  it('stay with the others when nothing is new', () => {
    expect(newItemsReranker(options).rerank(query(5), ORDINARY)).toEqual(ORDINARY);
  });

  it('are filled from far down the ranking, with no more than there are positions', () => {
    const selector = withNewItems(topSelector({ depth: 3 }), options);
    const ranked = [...ORDINARY, ...NEW];
    const { selected, reserve } = selector.select(query(6), ranked);
    expect(ordinals(selected)).toEqual([1, 2, 3, 4, 5, 6, 101, 103]);
    expect(ordinals(reserve)).toEqual([7, 8, 9, 10, 11, 12, 100, 102]);
  });
});
