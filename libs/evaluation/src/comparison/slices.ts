import type { Grouping } from '../metrics/group-metrics';

/** A grouping and what it is by. */
export interface Slice {
  readonly by: string;
  readonly grouping: Grouping;
}

/** Items with fewer users in the past than this have little for a collaborative model to go by. */
const COLD_ITEM_USERS = 10;
/** Share of the vocabulary that is its head. */
const HEAD_SHARE = 0.1;

/**
 * Users by how much they did before: those below `coldBelow` apart, the rest in thirds of equal size.
 *
 * @param historyCounts usable past interactions by query index
 */
export function activitySlice(historyCounts: ArrayLike<number>, coldBelow: number): Slice {
  const counts = Array.from(historyCounts);
  const warm = counts.filter((count) => count >= coldBelow).sort((a, b) => a - b);
  const starts = [1 / 3, 2 / 3].map((share) => warm[Math.floor(share * warm.length)] ?? Infinity);
  const bounds = [...new Set([coldBelow, ...starts])].filter(Number.isFinite);
  const names = bounds.map((from, index) => {
    const to = bounds[index + 1];
    if (to === undefined) return `${from}+`;
    return to - from === 1 ? String(from) : `${from}–${to - 1}`;
  });
  return {
    by: 'past items of the user',
    grouping: {
      names: [`cold (below ${coldBelow})`, ...names],
      groupsOf: (query) => [bounds.filter((from) => counts[query] >= from).length],
    },
  };
}

/**
 * Items by how many users had them: the cold ones, the head (the most popular tenth), and what is between.
 *
 * @param vocabulary ordinals that are ranked
 * @param userCount past users of an item
 */
export function popularitySlice(vocabulary: Uint32Array, userCount: (ordinal: number) => number): Slice {
  const counts = Array.from(vocabulary, userCount).sort((a, b) => b - a);
  const headFrom = Math.max(COLD_ITEM_USERS, counts[Math.floor(HEAD_SHARE * counts.length)] ?? Infinity);
  return {
    by: 'past users of the item',
    grouping: {
      names: [
        `cold (below ${COLD_ITEM_USERS})`,
        `${COLD_ITEM_USERS}–${headFrom}`,
        `head (above ${headFrom})`,
      ],
      groupsOf: (ordinal) => {
        const count = userCount(ordinal);
        if (count < COLD_ITEM_USERS) return [0];
        return count > headFrom ? [2] : [1];
      },
    },
  };
}
