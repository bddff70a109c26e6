import type { Description } from '@winnow/domain';
import { meanOf, ndcgAtK, pairedDifference, type BootstrapOptions, type Grouping } from '@winnow/evaluation';
import type { ItemTable } from '@winnow/features';
import type { GateSlice } from '@winnow/reporting';
import { countBands, groupByAttribute, groupByCount } from '../../release-card/groupings';
import type { RunFrame } from '../../frame';

export interface SliceEvidenceOptions {
  readonly k: number;
  readonly description: Description;
  readonly items: ItemTable;
  readonly frame: RunFrame;
  /** One per ranking. */
  readonly users: readonly number[];
  readonly relevant: readonly ReadonlySet<number>[];
  readonly candidate: readonly Uint32Array[];
  readonly serving: readonly Uint32Array[] | null;
  /** Of a user before the slice. */
  readonly interactionCount: (user: number) => number;
  /** Weight of an item's positive events before the slice, for the whole catalogue. */
  readonly popularity: ReadonlyMap<number, number>;
  /** Days since somebody first turned to an item; 0 for what nobody has turned to. */
  readonly itemAgeDays: (ordinal: number) => number;
  readonly bootstrap: BootstrapOptions;
  readonly confidence: number;
}

/** A way to cut the relevant items of the users: by whose they are, or by what they are. */
interface Cut {
  readonly by: string;
  readonly grouping: Grouping;
  readonly of: 'users' | 'items';
}

const HISTORY_BANDS = countBands([1, 5, 20, 100]);
const POPULARITY_BANDS = countBands([0, 1, 5, 50]);
const AGE_BANDS = countBands([0, 7, 30]);

/** New and active users, new and popular items, and the values of the attributes that winnow.yaml names. */
export function sliceEvidence(options: SliceEvidenceOptions): GateSlice[] {
  const slices = cutsOf(options).flatMap((cut) => partsOf(cut, options));
  // With many slices, one of them looks bad by chance: each must be surer of it (Bonferroni).
  const confidence = 1 - (1 - options.confidence) / Math.max(1, slices.length);
  return slices.map((slice) =>
    measured(slice, { ...options, bootstrap: { ...options.bootstrap, confidence } }),
  );
}

function cutsOf({ description, items, frame, users, relevant, ...options }: SliceEvidenceOptions): Cut[] {
  const { fairness, retraining } = description;
  const named = (key: 'userGroups' | 'itemGroups'): string[] => [
    ...new Set([...(fairness?.[key] ?? []), ...retraining.gate.slices[key]]),
  ];
  const queries = Uint32Array.from(users, (_, query) => query);
  const turnedTo = [...new Set(relevant.flatMap((ordinals) => [...ordinals]))];
  return [
    {
      by: 'interactions before',
      of: 'users',
      grouping: groupByCount(HISTORY_BANDS, (query) => options.interactionCount(users[query])),
    },
    {
      by: 'times chosen before',
      of: 'items',
      grouping: groupByCount(POPULARITY_BANDS, (ordinal) => options.popularity.get(ordinal) ?? 0),
    },
    { by: 'days since first chosen', of: 'items', grouping: groupByCount(AGE_BANDS, options.itemAgeDays) },
    ...named('userGroups').map((by): Cut => ({
      by,
      of: 'users',
      grouping: groupByAttribute(queries, (query) => frame.userAttributes[users[query]]?.[by]),
    })),
    ...named('itemGroups').map((by): Cut => ({
      by,
      of: 'items',
      grouping: groupByAttribute(turnedTo, (ordinal) => items.attributes(ordinal)[by]),
    })),
  ];
}

/** A slice: some users, each with some of what they turned to. */
interface SlicePart {
  readonly by: string;
  readonly name: string;
  readonly queries: readonly number[];
  readonly relevant: readonly ReadonlySet<number>[];
}

function partsOf({ by, grouping, of }: Cut, { relevant }: SliceEvidenceOptions): SlicePart[] {
  const parts = grouping.names.map((name) => ({ by, name, wanted: new Map<number, Set<number>>() }));
  const add = (group: number, query: number, ordinal: number): void => {
    const { wanted } = parts[group];
    const ordinals = wanted.get(query) ?? new Set<number>();
    wanted.set(query, ordinals.add(ordinal));
  };
  relevant.forEach((ordinals, query) => {
    for (const ordinal of ordinals)
      for (const group of Array.from(grouping.groupsOf(of === 'users' ? query : ordinal)))
        add(group, query, ordinal);
  });
  return parts
    .filter(({ wanted }) => wanted.size > 0)
    .map(({ name, wanted }) => ({
      ...{ by, name },
      queries: [...wanted.keys()],
      relevant: [...wanted.values()],
    }));
}

function measured(
  { by, name, queries, relevant }: SlicePart,
  { k, candidate, serving, bootstrap }: SliceEvidenceOptions,
): GateSlice {
  const ndcgOf = (rankings: readonly Uint32Array[]): Float64Array =>
    Float64Array.from(queries, (query, index) => ndcgAtK(rankings[query], relevant[index], k));
  const own = ndcgOf(candidate);
  const theirs = serving && ndcgOf(serving);
  return {
    ...{ by, name, userCount: queries.length },
    candidateNdcg: meanOf(own),
    servingNdcg: theirs && meanOf(theirs),
    difference: theirs && pairedDifference(own, theirs, bootstrap),
  };
}
