import type { Description, ItemId, Ordinal, QueryFeatures, UserState } from '@winnow/domain';
import { rankingFeatureMeaning } from '@winnow/features';
import { mergeHistory } from '@winnow/funnel';
import { explainHeavyScore, type HeavyScoreExplanation } from '@winnow/models';
import type { Contribution, ItemExplanation, NearHistoryItem } from './item-explanation';
import type { Explainer } from './open-explainer';

export interface ExplainItemOptions {
  readonly explainer: Explainer;
  readonly description: Description;
  readonly release: string;
  readonly userId: string;
  readonly user: UserState;
  readonly ordinal: Ordinal;
  readonly nowMs: number;
}

/** Scores one item for one user as the heavy ranker does now, and says what the score is made from. */
export async function explainItem(options: ExplainItemOptions): Promise<ItemExplanation> {
  const { explainer, description, release, userId, user, ordinal, nowMs } = options;
  const { state, features, tower, heavy } = explainer;
  const { historyCountMax } = description.training;
  const query: QueryFeatures = {
    history: mergeHistory(user.recentInteractions, [], { historyCountMax, nowMs }),
    seedOrdinals: [],
    userAttributes: user.attributes,
    context: {},
    nowMs,
  };
  const ordinals = Uint32Array.of(ordinal);
  const row = features.compute(query, await tower.encodeQuery(query), ordinals);
  const explanation = await explainHeavyScore({
    heavy,
    request: { query, ordinals, features: row },
    catalogue: presentOrdinals(state.items),
  });
  const { score, baselineScore, gap, stepCount } = explanation;
  const history = historyBeside(options, query, explanation);
  return {
    ...{ release, userId, score, baselineScore },
    ...nameOf(explainer, ordinal),
    historyCount: query.history.length,
    heads: heavy.heads.map((head, index) => ({
      head,
      value: explanation.headValues[index],
      baselineValue: explanation.baselineHeadValues[index],
      weight: heavy.valueModel.weight(index),
    })),
    contributions: contributionsOf(explanation, { names: features.names, row, history }),
    completeness: { gap, gapShare: gap === 0 ? 0 : Math.abs(gap / (score - baselineScore)), stepCount },
    nearestHistory: byItem(history),
  };
}

function presentOrdinals(items: Explainer['state']['items']): number[] {
  const present: number[] = [];
  for (let ordinal = 0; ordinal < items.ordinalLimit; ordinal += 1)
    if (items.has(ordinal)) present.push(ordinal);
  return present;
}

function nameOf(
  { state: { items } }: Explainer,
  ordinal: number,
): { readonly itemId: string; readonly title: string } {
  const itemId: ItemId | string = items.itemId(ordinal) ?? `(deleted item ${ordinal})`;
  return { itemId, title: items.title(ordinal) ?? itemId };
}

/** The history that the model looks back on, oldest first, each interaction beside the candidate. */
function historyBeside(
  { explainer, description, ordinal }: ExplainItemOptions,
  { history }: QueryFeatures,
  explanation: HeavyScoreExplanation,
): NearHistoryItem[] {
  const { vectors } = explainer.state;
  const candidate = vectors.vector(ordinal);
  // The network may look back less far than the query does.
  const seen = history.slice(-explanation.history.length || history.length);
  return seen.map((interaction, index) => ({
    ...nameOf(explainer, interaction.ordinal),
    event: description.events[interaction.eventType]?.name ?? '',
    timeMs: interaction.timeMs,
    similarity: similarityOf(candidate, vectors.vector(interaction.ordinal)),
    contribution: explanation.history[index] ?? 0,
  }));
}

/** One row an item, the most similar first: people come back to what they like. */
function byItem(history: readonly NearHistoryItem[]): NearHistoryItem[] {
  const items = new Map<string, NearHistoryItem>();
  for (const one of history) {
    const earlier = items.get(one.itemId);
    const events = new Set([...(earlier?.event.split(', ') ?? []), one.event]);
    const contribution = (earlier?.contribution ?? 0) + one.contribution;
    items.set(one.itemId, { ...one, event: [...events].join(', '), contribution });
  }
  return [...items.values()].sort((left, right) => (right.similarity ?? -2) - (left.similarity ?? -2));
}

const similarityOf = (left: Float32Array | null, right: Float32Array | null): number | null =>
  left && right ? left.reduce((sum, value, axis) => sum + value * right[axis], 0) : null;

function contributionsOf(
  explanation: HeavyScoreExplanation,
  known: {
    readonly names: readonly string[];
    readonly row: Float32Array;
    readonly history: readonly NearHistoryItem[];
  },
): Contribution[] {
  const all: Contribution[] = [
    ...Array.from(explanation.features, (contribution, index): Contribution => ({
      of: 'feature',
      name: known.names[index],
      meaning: rankingFeatureMeaning(known.names[index]),
      value: known.row[index],
      contribution,
    })),
    { of: 'item', name: 'the item itself', meaning: null, value: null, contribution: explanation.item },
    ...known.history.map(({ event, title, contribution }): Contribution => ({
      of: 'history',
      name: `${event} ${title}`,
      meaning: null,
      value: null,
      contribution,
    })),
    {
      of: 'profile',
      name: 'profile and context',
      meaning: null,
      value: null,
      contribution: explanation.profile,
    },
  ];
  return all.sort((left, right) => Math.abs(right.contribution) - Math.abs(left.contribution));
}
