import type { AttributeDefinition, Description, ScoredCandidate } from '@winnow/domain';
import type { FunnelQuery } from '../funnel-query';
import type { ItemReader, ItemVectors } from '../ports';
import { attributeSimilarity, vectorSimilarity, type Similarity } from '../rerankers/similarity';

/** Items of the history that a reason may name: the newest. */
const HISTORY_COUNT = 20;
/** A taste is a category that at least this share of the history has. */
const TASTE_SHARE_MIN = 0.2;

export interface ReasonWriterOptions {
  readonly description: Description;
  readonly items: ItemReader;
  readonly vectors: ItemVectors | null;
}

/** Says in words why an item is in a slate, from its provenance, the history and the catalogue. */
export class ReasonWriter {
  readonly #options: ReasonWriterOptions;
  readonly #categories: readonly AttributeDefinition[];
  readonly #similarity: Similarity | null;

  constructor(options: ReasonWriterOptions) {
    this.#options = options;
    this.#categories = options.description.items.attributes.filter(
      ({ type }) => type === 'category' || type === 'categories',
    );
    const [first] = this.#categories;
    if (options.vectors) this.#similarity = vectorSimilarity(options.vectors);
    else this.#similarity = first ? attributeSimilarity(options.items, first.name) : null;
  }

  /** Most telling first, no two alike. */
  reasons(query: FunnelQuery, { ordinal, provenance }: ScoredCandidate): readonly string[] {
    const sources = new Set(provenance.map(({ source }) => source));
    const reasons: string[] = [];
    if (sources.has('similar')) reasons.push(this.#similarTo(query, ordinal));
    if (sources.has('two-tower') || sources.has('cached')) reasons.push(this.#taste(query, ordinal));
    if (sources.has('trending')) reasons.push('trending this week');
    if (sources.has('popular')) reasons.push('popular');
    if (sources.has('fresh')) reasons.push('new in the catalogue');
    return reasons;
  }

  #similarTo(query: FunnelQuery, ordinal: number): string {
    const { items } = this.#options;
    const { seedOrdinals, features } = query;
    const anchors = [
      ...seedOrdinals.map((seed) => ({ ordinal: seed as number, eventType: -1 })),
      ...features.history.slice(-HISTORY_COUNT).reverse(),
    ];
    let best = anchors[0];
    let bestSimilarity = -Infinity;
    for (const anchor of anchors) {
      const similarity = this.#similarity?.(anchor.ordinal, ordinal) ?? 0;
      if (similarity > bestSimilarity) [best, bestSimilarity] = [anchor, similarity];
    }
    if (!best) return 'similar to what you know';
    const name = items.title(best.ordinal) ?? items.itemId(best.ordinal) ?? 'an item of your history';
    return best.eventType < 0 ? `similar to ${name}` : `similar to ${name}${this.#verb(best.eventType)}`;
  }

  /** ` (your rating)`: event types are the team's own words, so they are quoted, not conjugated. */
  #verb(eventType: number): string {
    const event = this.#options.description.events[eventType];
    return event ? ` (your ${event.name})` : '';
  }

  #taste(query: FunnelQuery, ordinal: number): string {
    const { items } = this.#options;
    const history = query.features.history.slice(-HISTORY_COUNT);
    let best: { name: string; share: number } | null = null;
    for (const { name } of this.#categories) {
      const value = items.attributes(ordinal)[name];
      const labels = Array.isArray(value) ? (value as readonly string[]) : value ? [String(value)] : [];
      const codes = items.categoryCodes(name, ordinal);
      for (let index = 0; index < codes.length; index += 1) {
        const matches = history.filter((past) => has(items.categoryCodes(name, past.ordinal), codes[index]));
        const share = matches.length / Math.max(history.length, 1);
        if (share > (best?.share ?? 0) && labels[index]) best = { name: labels[index], share };
      }
    }
    if (best && best.share >= TASTE_SHARE_MIN) return `fits your taste for ${best.name}`;
    return history.length > 0 ? 'fits your taste' : 'a good start for someone new';
  }
}

function has(codes: ArrayLike<number>, wanted: number): boolean {
  for (let index = 0; index < codes.length; index += 1) if (codes[index] === wanted) return true;
  return false;
}
