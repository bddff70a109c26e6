import {
  ok,
  type Description,
  type Interaction,
  type OnlineStateReader,
  type QueryFeatures,
  type UserState,
} from '@winnow/domain';
import type { QueryHydrator } from '@winnow/pipeline';
import type { FunnelQuery } from '../funnel-query';

type QueryDraft = Pick<FunnelQuery, 'requestInteractions' | 'seedOrdinals' | 'context' | 'nowMs'>;

/** What is known of a user when the store has not answered, or does not know them. */
export const ANONYMOUS: UserState = {
  recentInteractions: [],
  seenOrdinals: new Uint32Array(0),
  attributes: {},
};

/** How far ahead of ours a client's clock may be; `Track` accepts no more either. */
const CLOCK_SKEW_MS = 300_000;

/**
 * Stored and sent history as one, oldest first, at most `historyCountMax`: an interaction that both know counts
 * once. Nothing later than `nowMs` gets in, but for clock skew.
 */
export function mergeHistory(
  stored: readonly Interaction[],
  sent: readonly Interaction[],
  { historyCountMax, nowMs }: { readonly historyCountMax: number; readonly nowMs: number },
): readonly Interaction[] {
  const byIdentity = new Map<string, Interaction>();
  for (const interaction of [...stored, ...sent]) {
    const { ordinal, eventType, timeMs } = interaction;
    if (timeMs <= nowMs + CLOCK_SKEW_MS) byIdentity.set(`${ordinal}/${eventType}/${timeMs}`, interaction);
  }
  return [...byIdentity.values()].sort((left, right) => left.timeMs - right.timeMs).slice(-historyCountMax);
}

/** The fields of the query that depend on the user's state. */
export function queryWithState(
  description: Description,
  query: QueryDraft,
  state: UserState,
): Pick<FunnelQuery, 'features' | 'seenOrdinals' | 'userAttributes' | 'userStateAsOf'> {
  const { requestInteractions, seedOrdinals, context, nowMs } = query;
  const { historyCountMax } = description.training;
  const seenOrdinals = new Set<number>(state.seenOrdinals);
  for (const { ordinal, eventType } of requestInteractions)
    if (description.events[eventType]?.countsAsSeen) seenOrdinals.add(ordinal);
  const features: QueryFeatures = {
    history: mergeHistory(state.recentInteractions, requestInteractions, { historyCountMax, nowMs }),
    seedOrdinals,
    userAttributes: state.attributes,
    context,
    nowMs,
  };
  const { attributes: userAttributes, asOf: userStateAsOf = null } = state;
  return { features, seenOrdinals, userAttributes, userStateAsOf };
}

/** Profile, history and seen items in one round trip; without them the query is anonymous. */
export function userStateHydrator(options: {
  readonly description: Description;
  readonly onlineState: OnlineStateReader;
}): QueryHydrator<FunnelQuery> {
  const { description, onlineState } = options;
  return {
    name: 'online-store',
    onFailure: 'open',
    hydrate: async (query) => {
      const state = await onlineState.userState(query.userId);
      return state.ok ? ok(queryWithState(description, query, state.value)) : state;
    },
  };
}
