import type { Description } from '@winnow/domain';
import {
  coverageAtK,
  giniAtK,
  type Grouping,
  itemGroupMetrics,
  parityRatio,
  popularityCurve,
  type RankingReport,
  userGroupMetrics,
} from '@winnow/evaluation';
import type { ItemTable } from '@winnow/features';
import type { CardMetric, HoldoutEvidence, ItemSlice, UserSlice } from '@winnow/reporting';
import { positiveEventTypes } from '../frame';
import type { RunFrame } from '../frame';
import { presentOrdinals } from '../towers';
import { countBands, groupByAttribute, groupByCount } from './groupings';

export interface HoldoutEvidenceOptions {
  readonly description: Description;
  readonly items: ItemTable;
  readonly frame: RunFrame;
  /** First event of the frame that no network has seen. */
  readonly holdoutIndex: number;
  /** One per case, best first. */
  readonly rankings: readonly Uint32Array[];
  readonly cases: readonly {
    readonly user: number;
    readonly relevant: Uint32Array;
  }[];
  readonly reports: {
    readonly candidate: RankingReport;
    readonly popular: RankingReport;
    readonly serving: RankingReport | null;
  };
  /** Interactions of a user before the held-out events. */
  readonly interactionCount: (user: number) => number;
}

const K = 20;
const METRICS = ['ndcg', 'recall', 'hitRate', 'mrr'] as const;
const METRIC_NAMES: Readonly<Record<(typeof METRICS)[number], string>> = {
  ndcg: 'ndcg',
  recall: 'recall',
  hitRate: 'hit rate',
  mrr: 'mrr',
};
const HISTORY_BANDS = countBands([1, 5, 20, 100]);
const POPULARITY_BANDS = countBands([0, 1, 5, 50]);

/** What the card of a release says of the held-out events: figures with intervals, slices, and groups of people and items. */
export function holdoutEvidence(options: HoldoutEvidenceOptions): HoldoutEvidence {
  const { description, items, frame, holdoutIndex, rankings, cases, reports, interactionCount } = options;
  const { events, userAttributes } = frame;
  const catalogue = presentOrdinals(items);
  const chosen = chosenCounts(options);
  const relevant = cases.map((one) => one.relevant);
  const users = sliceUsers({ rankings, relevant });
  const byItems = sliceItems({ rankings, relevant, catalogue });
  const queries = Uint32Array.from(cases, (_, query) => query);
  const { userGroups = [], itemGroups = [] } = description.fairness ?? {};
  return {
    k: K,
    userCount: cases.length,
    fromMs: events.timesMs[holdoutIndex] ?? 0,
    toMs: events.timesMs[events.count - 1] ?? 0,
    eventCount: events.count - holdoutIndex,
    metrics: cardMetrics(reports),
    coverage: coverageAtK(rankings, catalogue.length, K),
    gini: giniAtK(rankings, catalogue.length, K),
    popularityCurve: popularityCurve(
      rankings,
      new Map(Array.from(catalogue, (ordinal) => [ordinal, chosen[ordinal]])),
      { k: K },
    ),
    userSlices: [
      users(
        'interactions before',
        groupByCount(HISTORY_BANDS, (query) => interactionCount(cases[query].user)),
      ),
    ],
    itemSlices: [
      byItems(
        'times chosen before',
        groupByCount(POPULARITY_BANDS, (ordinal) => chosen[ordinal]),
      ),
    ],
    fairness: {
      users: userGroups.map((name) =>
        users(
          name,
          groupByAttribute(queries, (query) => userAttributes[cases[query].user]?.[name]),
        ),
      ),
      items: itemGroups.map((name) =>
        byItems(
          name,
          groupByAttribute(catalogue, (ordinal) => items.attributes(ordinal)[name]),
        ),
      ),
    },
  };
}

/** Positive events of each item before the held-out ones, [ordinalLimit]. */
function chosenCounts({
  description,
  items,
  frame: { events },
  holdoutIndex,
}: HoldoutEvidenceOptions): Float64Array {
  const positive = positiveEventTypes(description);
  const counts = new Float64Array(items.ordinalLimit);
  for (let event = 0; event < holdoutIndex; event += 1)
    if (positive[events.eventTypes[event]]) counts[events.ordinals[event]] += 1;
  return counts;
}

const cardMetrics = ({ candidate, popular, serving }: HoldoutEvidenceOptions['reports']): CardMetric[] =>
  METRICS.flatMap((metric) =>
    [10, K].map((k) => ({
      name: `${METRIC_NAMES[metric]}@${k}`,
      candidate: candidate.at[k][metric],
      popular: popular.at[k][metric],
      serving: serving && serving.at[k][metric],
    })),
  );

type Measured = Pick<Parameters<typeof userGroupMetrics>[0], 'rankings' | 'relevant'>;

const sliceUsers =
  (measured: Measured) =>
  (by: string, grouping: Grouping): UserSlice => {
    const groups = userGroupMetrics({ ...measured, grouping, k: K });
    return { by, groups, parity: parityRatio(groups.map(({ recall }) => recall.mean)) };
  };

const sliceItems =
  (measured: Measured & { readonly catalogue: Uint32Array }) =>
  (by: string, grouping: Grouping): ItemSlice => {
    const groups = itemGroupMetrics({ ...measured, grouping, k: K });
    return { by, groups, parity: parityRatio(groups.map(({ meritRatio }) => meritRatio)) };
  };
