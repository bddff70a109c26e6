import { recommenderV1 } from '@winnow/contracts';
import { describe, expect, it } from 'vitest';
import { compareSlates, hasChanged } from './slate-change';

const slate = (...ids: readonly string[]): recommenderV1.RecommendResponse =>
  recommenderV1.RecommendResponse.fromPartial({ items: ids.map((itemId) => ({ itemId })) });

describe('the change between two slates', () => {
  it('is nothing when both are the same', () => {
    expect(hasChanged(compareSlates(slate('a', 'b'), slate('a', 'b')))).toBe(false);
  });

  it('names what left and what is new, and does not call the rest moved for that', () => {
    expect(compareSlates(slate('a', 'b', 'c'), slate('a', 'c', 'd'))).toEqual({
      leftItemIds: ['b'],
      newItemIds: ['d'],
      movedItemIds: [],
    });
  });

  it('names what changed places', () => {
    const change = compareSlates(slate('a', 'b', 'c'), slate('b', 'a', 'c'));
    expect(change.movedItemIds).toEqual(['b', 'a']);
    expect(hasChanged(change)).toBe(true);
  });
});
