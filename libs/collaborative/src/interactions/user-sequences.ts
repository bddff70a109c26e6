import { groupByUser } from '@winnow/features';
import type { LearningInput } from '../vocabulary-scorer';
import { VocabularyPositions } from './vocabulary-positions';

/** What every user turned to: user u's entries are offsets[u] … offsets[u + 1]. */
export interface UserSequences {
  /** [users + 1] */
  readonly offsets: Uint32Array;
  /** [entries] Positions in the vocabulary, oldest first; repeats are kept. */
  readonly items: Uint32Array;
  readonly itemCount: number;
}

/** Everybody's vocabulary items in the order of time. O(interactions + users + ordinals). */
export function userSequences({ past, vocabulary }: LearningInput): UserSequences {
  const positions = new VocabularyPositions(vocabulary);
  const grouped = groupByUser(past.users);
  const offsets = new Uint32Array(grouped.offsets.length);
  const items = new Uint32Array(past.ordinals.length);
  let size = 0;
  for (let user = 0; user + 1 < offsets.length; user += 1) {
    for (let at = grouped.offsets[user]; at < grouped.offsets[user + 1]; at += 1) {
      const position = positions.of(past.ordinals[grouped.events[at]]);
      if (position >= 0) items[size++] = position;
    }
    offsets[user + 1] = size;
  }
  return { offsets, items: items.slice(0, size), itemCount: vocabulary.length };
}

/** The same without repeats: the rows of the binary users × items matrix. */
export function distinctItems(sequences: UserSequences): UserSequences {
  const { itemCount } = sequences;
  const takenBy = new Int32Array(itemCount).fill(-1);
  const offsets = new Uint32Array(sequences.offsets.length);
  const items = new Uint32Array(sequences.items.length);
  let size = 0;
  for (let user = 0; user + 1 < offsets.length; user += 1) {
    for (let at = sequences.offsets[user]; at < sequences.offsets[user + 1]; at += 1) {
      const item = sequences.items[at];
      if (takenBy[item] === user) continue;
      takenBy[item] = user;
      items[size++] = item;
    }
    offsets[user + 1] = size;
  }
  return { offsets, items: items.slice(0, size), itemCount };
}

/** Entry numbers grouped by item: item i's are entries[offsets[i]] … entries[offsets[i + 1]]. */
export interface ItemEntries {
  /** [items + 1] */
  readonly offsets: Uint32Array;
  /** [entries] Ascending within an item. */
  readonly entries: Uint32Array;
  /** [entries] Whose entry it is, parallel to `entries`. */
  readonly users: Uint32Array;
}

/** The sequences turned round, by a counting sort. O(entries + items). */
export function entriesByItem({ offsets: userOffsets, items, itemCount }: UserSequences): ItemEntries {
  const offsets = new Uint32Array(itemCount + 1);
  for (const item of items) offsets[item + 1] += 1;
  for (let item = 0; item < itemCount; item += 1) offsets[item + 1] += offsets[item];
  const next = offsets.slice();
  const entries = new Uint32Array(items.length);
  const users = new Uint32Array(items.length);
  for (let user = 0; user + 1 < userOffsets.length; user += 1)
    for (let entry = userOffsets[user]; entry < userOffsets[user + 1]; entry += 1) {
      const at = next[items[entry]]++;
      entries[at] = entry;
      users[at] = user;
    }
  return { offsets, entries, users };
}
