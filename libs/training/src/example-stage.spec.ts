import { describe, expect, it } from 'vitest';
import { refreshed } from './example-stage';
import type { RetrievalKnowledge } from './ranking-examples';

describe('what retrieval knows while examples are made', () => {
  const cutoffs = (from: number, to: number): { cutoffs: number[]; builtAt: number[] } => {
    const builtAt: number[] = [];
    const knowledgeAt = refreshed(from, to, (event) => {
      builtAt.push(event);
      return { cutoff: event } as unknown as RetrievalKnowledge;
    });
    const events = Array.from({ length: to - from }, (_, index) => from + index);
    return {
      cutoffs: events.map((event) => (knowledgeAt(event) as unknown as { cutoff: number }).cutoff),
      builtAt,
    };
  };

  it('is built anew four times, and never from what is still to come', () => {
    const { cutoffs: seen, builtAt } = cutoffs(100, 180);
    expect(builtAt).toEqual([100, 120, 140, 160]);
    seen.forEach((cutoff, index) => expect(cutoff).toBeLessThanOrEqual(100 + index));
  });

  it('is built at least once, however few events there are', () => {
    expect(cutoffs(5, 6).builtAt).toEqual([5]);
  });
});
