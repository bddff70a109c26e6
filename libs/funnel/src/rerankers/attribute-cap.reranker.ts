import type { ScoredCandidate } from '@winnow/domain';
import type { Reranker } from '@winnow/pipeline';
import type { FunnelQuery } from '../funnel-query';
import type { ItemReader } from '../ports';

export interface AttributeCapOptions {
  readonly items: Pick<ItemReader, 'categoryCodes'>;
  readonly attribute: string;
  /** At most this many items with one value … */
  readonly countMax: number;
  /** … among any this many neighbouring positions. */
  readonly window: number;
}

/**
 * Spreads out items that share a value of an attribute: each position goes to the best item left that keeps the
 * cap, or to the best item left when none does. O(n²) lookups at worst, n the number selected.
 */
export function attributeCapReranker(options: AttributeCapOptions): Reranker<FunnelQuery, ScoredCandidate> {
  const { items, attribute, countMax, window } = options;
  return {
    name: `cap-${attribute}`,
    rerank: (_query, candidates) => {
      const codes = candidates.map(({ ordinal }) => Array.from(items.categoryCodes(attribute, ordinal)));
      const inWindow = new Map<number, number>();
      const left = [...candidates.keys()];
      const order: number[] = [];
      while (left.length > 0) {
        if (order.length >= window) count(inWindow, codes[order[order.length - window]], -1);
        const fits = left.findIndex((index) =>
          codes[index].every((code) => (inWindow.get(code) ?? 0) < countMax),
        );
        const [next] = left.splice(Math.max(fits, 0), 1);
        order.push(next);
        count(inWindow, codes[next], 1);
      }
      return order.map((index) => candidates[index]);
    },
  };
}

function count(counts: Map<number, number>, codes: readonly number[], step: 1 | -1): void {
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + step);
}
