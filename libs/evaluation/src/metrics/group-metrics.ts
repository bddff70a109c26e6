import { meanWithInterval, type MeanWithInterval } from './confidence';
import type { Ranking } from './ranking-metrics';
import { ndcgAtK, recallAtK } from './ranking-metrics';

/** What each group of items gets, and what its share of the catalogue and of people's choices would give it. */
export interface ItemGroupMetrics {
  readonly name: string;
  /** Shares over all groups; an item of several groups counts as a part in each. */
  readonly catalogueShare: number;
  readonly relevantShare: number;
  readonly exposureShare: number;
  /** Relevant items of the group that stand in a ranking's first k, of all its relevant items. NaN for none. */
  readonly recall: number;
  readonly relevantCount: number;
  /** `exposureShare / catalogueShare`: 1 is parity of chance. */
  readonly chanceRatio: number;
  /** `exposureShare / relevantShare`: 1 is parity of merit (Singh and Joachims, KDD 2018). NaN without relevant items. */
  readonly meritRatio: number;
}

/** How well the users of one group are served. */
export interface UserGroupMetrics {
  readonly name: string;
  readonly userCount: number;
  readonly recall: MeanWithInterval;
  readonly ndcg: MeanWithInterval;
}

/** Groups by index; an id may be in several or in none. */
export interface Grouping {
  readonly names: readonly string[];
  groupsOf(id: number): ArrayLike<number>;
}

/** Attention that a position gets, from 0: the discount of DCG. */
const attention = (position: number): number => 1 / Math.log2(position + 2);

/**
 * Exposure and recall by group of items. Exposure weighs positions as DCG does. Items without a group take part in no
 * share. O(catalogue + rankings · k).
 */
export function itemGroupMetrics(options: {
  readonly rankings: readonly Ranking[];
  /** Parallel to `rankings`. */
  readonly relevant: readonly ArrayLike<number>[];
  readonly catalogue: ArrayLike<number>;
  readonly grouping: Grouping;
  readonly k: number;
}): ItemGroupMetrics[] {
  const { rankings, relevant, catalogue, grouping, k } = options;
  const { names } = grouping;
  const held = new GroupSums(grouping);
  const shown = new GroupSums(grouping);
  const wanted = new GroupSums(grouping);
  const counts = { relevant: new Float64Array(names.length), hits: new Float64Array(names.length) };
  for (let index = 0; index < catalogue.length; index += 1) held.add(catalogue[index], 1);
  rankings.forEach((ranking, query) => {
    const top = new Set<number>();
    for (let position = 0; position < Math.min(k, ranking.length); position += 1) {
      top.add(ranking[position]);
      shown.add(ranking[position], attention(position));
    }
    for (let index = 0; index < relevant[query].length; index += 1) {
      const id = relevant[query][index];
      const groups = grouping.groupsOf(id);
      wanted.add(id, 1);
      for (let entry = 0; entry < groups.length; entry += 1) {
        counts.relevant[groups[entry]] += 1;
        if (top.has(id)) counts.hits[groups[entry]] += 1;
      }
    }
  });
  return names.map((name, group) => {
    const [catalogueShare, relevantShare, exposureShare] = [held, wanted, shown].map((sums) =>
      sums.share(group),
    );
    return {
      name,
      catalogueShare,
      relevantShare,
      exposureShare,
      recall: counts.hits[group] / counts.relevant[group],
      relevantCount: counts.relevant[group],
      chanceRatio: exposureShare / catalogueShare,
      meritRatio: relevantShare > 0 ? exposureShare / relevantShare : NaN,
    };
  });
}

/** Amounts by group; what belongs to several groups is divided among them. */
class GroupSums {
  private readonly sums: Float64Array;
  private total = 0;

  constructor(private readonly grouping: Grouping) {
    this.sums = new Float64Array(grouping.names.length);
  }

  add(id: number, amount: number): void {
    const groups = this.grouping.groupsOf(id);
    if (groups.length === 0) return;
    this.total += amount;
    for (let entry = 0; entry < groups.length; entry += 1) this.sums[groups[entry]] += amount / groups.length;
  }

  share(group: number): number {
    return this.total === 0 ? 0 : this.sums[group] / this.total;
  }
}

/** Recall and NDCG by group of users, with intervals; groups without users are left out. */
export function userGroupMetrics(options: {
  readonly rankings: readonly Ranking[];
  /** Parallel to `rankings`; users with nothing relevant take no part. */
  readonly relevant: readonly ArrayLike<number>[];
  /** Of query indexes. */
  readonly grouping: Grouping;
  readonly k: number;
}): UserGroupMetrics[] {
  const { rankings, relevant, grouping, k } = options;
  const members: number[][] = grouping.names.map(() => []);
  relevant.forEach((items, query) => {
    if (items.length === 0) return;
    const groups = grouping.groupsOf(query);
    for (let entry = 0; entry < groups.length; entry += 1) members[groups[entry]].push(query);
  });
  return grouping.names.flatMap((name, group) => {
    const queries = members[group];
    if (queries.length === 0) return [];
    const mean = (metric: typeof recallAtK): MeanWithInterval =>
      meanWithInterval(
        queries.map((query) => metric(rankings[query], new Set(Array.from(relevant[query])), k)),
      );
    return [{ name, userCount: queries.length, recall: mean(recallAtK), ndcg: mean(ndcgAtK) }];
  });
}

/** Least over greatest of some groups' figures: 1 is parity, 0.8 a common bound (the four-fifths rule). NaN for none. */
export function parityRatio(values: readonly number[]): number {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return NaN;
  const greatest = Math.max(...finite);
  return greatest === 0 ? 1 : Math.min(...finite) / greatest;
}
