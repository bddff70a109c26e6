import { ordinal as toOrdinal } from '@winnow/domain';
import { meanOf } from '@winnow/evaluation';
import { noUsers } from './probe';
import type { Probe } from './probe';

export interface SingleTasteOptions {
  /** Of the attribute that is probed. */
  readonly attribute: string;
  readonly categoriesOf: (ordinal: number) => readonly string[];
  /** The catalogue, most popular first. */
  readonly ordinals: ArrayLike<number>;
  /** Slates of everybody else. */
  readonly slates: readonly Uint32Array[];
  /** Index of a positive event type. */
  readonly eventType: number;
  readonly nowMs: number;
}

const CATEGORY_COUNT_MAX = 6;
const LIKED_COUNT = 5;
/** A category that has little beyond what the user has had cannot fill a slate. */
const ITEM_COUNT_MIN = 3 * LIKED_COUNT;
const HOUR_MS = 3_600_000;

/**
 * Users who turned to nothing but one category: how many times as much of it as others do they get? One means that the
 * release has not noticed.
 */
export function singleTasteProbe(options: SingleTasteOptions): Probe {
  const { attribute, slates } = options;
  const categories = largestCategories(options);
  if (categories.length === 0) return noUsers('single-taste', `no value of ${attribute} has enough items`);
  const isOf = (category: string, ordinal: number): boolean =>
    options.categoriesOf(ordinal).includes(category);
  const shareOf = (category: string, slate: Uint32Array): number =>
    slate.length === 0 ? 0 : slate.filter((ordinal) => isOf(category, ordinal)).length / slate.length;
  return {
    probe: 'single-taste',
    users: categories.map(({ ordinals }) => ({
      recentInteractions: ordinals.slice(0, LIKED_COUNT).map((ordinal, index) => ({
        ordinal: toOrdinal(ordinal),
        ...{ eventType: options.eventType, value: 1 },
        timeMs: options.nowMs - (LIKED_COUNT - index) * HOUR_MS,
      })),
      seenOrdinals: Uint32Array.from(ordinals.slice(0, LIKED_COUNT)).sort(),
      attributes: {},
    })),
    note: `one user for each of ${categories.map(({ category }) => category).join(', ')}`,
    measure: (own) =>
      meanOf(categories.map(({ category }, index) => shareOf(category, own[index]))) /
      meanOf(categories.map(({ category }) => meanOf(slates.map((slate) => shareOf(category, slate))))),
  };
}

/** The values with the most items, each with its items, most popular first. */
function largestCategories({
  ordinals,
  categoriesOf,
}: SingleTasteOptions): { readonly category: string; readonly ordinals: readonly number[] }[] {
  const itemsOf = new Map<string, number[]>();
  for (let index = 0; index < ordinals.length; index += 1)
    for (const category of categoriesOf(ordinals[index]))
      itemsOf.set(category, [...(itemsOf.get(category) ?? []), ordinals[index]]);
  return [...itemsOf]
    .filter(([, items]) => items.length >= ITEM_COUNT_MIN)
    .sort(([left, more], [right, fewer]) => fewer.length - more.length || (left < right ? -1 : 1))
    .slice(0, CATEGORY_COUNT_MAX)
    .map(([category, items]) => ({ category, ordinals: items }));
}
