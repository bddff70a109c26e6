import type { candidateV1, rankingV1, servingV1 } from '@winnow/contracts';
import {
  ordinal,
  releaseVersion,
  type AttributeValue,
  type Interaction,
  type ModelServiceStatus,
  type QueryFeatures,
  type RankedFeatures,
  type RankReply,
  type RankRequest,
  type RetrieveReply,
  type RetrieveRequest,
} from '@winnow/domain';

/** Between the domain's words and the wire's, both ways; clients and servers use the same functions. */

export function queryFeaturesToWire(query: QueryFeatures): servingV1.QueryFeatures {
  const { history } = query;
  return {
    historyOrdinals: history.map((interaction) => interaction.ordinal),
    historyEventTypes: history.map(({ eventType }) => eventType),
    // The wire has whole milliseconds; a fraction would make the encoder throw.
    historyTimesMs: history.map(({ timeMs }) => Math.trunc(timeMs)),
    historyValues: history.map(({ value }) => value),
    userAttributes: Object.entries(query.userAttributes).flatMap(([name, value]) =>
      attributeToWire(name, value),
    ),
    context: Object.entries(query.context).flatMap(([name, value]) => attributeToWire(name, value)),
    nowMs: Math.trunc(query.nowMs),
    seedOrdinals: [...query.seedOrdinals],
  };
}

/**
 * Throws a RangeError, which a server answers with INVALID_ARGUMENT, when the history's arrays differ in length.
 * Float32 on the wire: a history value comes back rounded to 24 bits.
 */
export function queryFeaturesFromWire(wire: servingV1.QueryFeatures): QueryFeatures {
  const count = wire.historyOrdinals.length;
  for (const [name, values] of Object.entries({
    history_event_types: wire.historyEventTypes,
    history_times_ms: wire.historyTimesMs,
    history_values: wire.historyValues,
  }))
    if (values.length !== count)
      throw new RangeError(`query.${name} has ${values.length} entries, history_ordinals has ${count}`);
  const history: Interaction[] = wire.historyOrdinals.map((value, at) => ({
    ordinal: ordinal(value),
    eventType: wire.historyEventTypes[at],
    timeMs: wire.historyTimesMs[at],
    value: wire.historyValues[at],
  }));
  return {
    history,
    seedOrdinals: wire.seedOrdinals.map(ordinal),
    userAttributes: Object.fromEntries(
      wire.userAttributes.map((each) => [each.name, attributeFromWire(each)]),
    ),
    context: Object.fromEntries(wire.context.map(({ name, texts }) => [name, texts[0] ?? ''])),
    nowMs: wire.nowMs,
  };
}

function attributeToWire(name: string, value: AttributeValue): servingV1.NamedValue[] {
  if (value === null) return [];
  const isList = Array.isArray(value);
  const values = (isList ? value : [value]) as readonly (string | number | boolean)[];
  const texts = values.flatMap((each) => (typeof each === 'number' ? [] : [String(each)]));
  const numbers = values.flatMap((each) => (typeof each === 'number' ? [each] : []));
  return [{ name, texts, numbers, isList }];
}

function attributeFromWire({ texts, numbers, isList }: servingV1.NamedValue): AttributeValue {
  if (isList) return numbers.length > 0 ? numbers : texts;
  return texts[0] ?? numbers[0] ?? null;
}

export const rankRequestToWire = (request: RankRequest): rankingV1.RankRequest => ({
  release: request.release,
  query: queryFeaturesToWire(request.query),
  ordinals: Array.from(request.ordinals),
  queryVector: request.queryVector === null ? [] : Array.from(request.queryVector),
  returnFeatures: request.returnFeatures ?? false,
});

/** Throws a RangeError for a request without a query; see {@link queryFeaturesFromWire}. */
export const rankRequestFromWire = (wire: rankingV1.RankRequest): RankRequest => ({
  release: releaseVersion(wire.release),
  query: requiredQuery(wire.query),
  ordinals: Uint32Array.from(wire.ordinals),
  queryVector: wire.queryVector.length === 0 ? null : Float32Array.from(wire.queryVector),
  ...(wire.returnFeatures && { returnFeatures: true }),
});

export const rankReplyToWire = (reply: RankReply): rankingV1.RankResponse => ({
  release: reply.release,
  scores: Array.from(reply.scores),
  heads: [...reply.heads],
  headValues: Array.from(reply.headValues),
  features: reply.features && featuresToWire(reply.features),
});

export const rankReplyFromWire = (wire: rankingV1.RankResponse): RankReply => ({
  release: releaseVersion(wire.release),
  scores: Float32Array.from(wire.scores),
  heads: wire.heads,
  headValues: Float32Array.from(wire.headValues),
  ...(wire.features && { features: featuresFromWire(wire.features) }),
});

/** Bytes, not a repeated field: ten thousand numbers must not be encoded one by one while a request waits. */
function featuresToWire({ names, values, asOf }: RankedFeatures): rankingV1.FeaturesAsServed {
  return {
    names: [...names],
    values: Buffer.from(values.buffer, values.byteOffset, values.byteLength),
    eventsCursor: asOf.events,
    catalogCursor: asOf.catalog,
  };
}

/** The message's bytes need not be aligned, so they are copied. */
function featuresFromWire(wire: rankingV1.FeaturesAsServed): RankedFeatures {
  const bytes = Uint8Array.from(wire.values.subarray(0, wire.values.length & ~3));
  return {
    names: wire.names,
    values: new Float32Array(bytes.buffer),
    asOf: { events: wire.eventsCursor, catalog: wire.catalogCursor },
  };
}

export const retrieveRequestToWire = (request: RetrieveRequest): candidateV1.RetrieveRequest => ({
  release: request.release,
  query: queryFeaturesToWire(request.query),
  sources: request.sources.map(({ source, quota }) => ({ source, quota })),
  excludedOrdinals: Array.from(request.excludedOrdinals),
});

/** Throws a RangeError for a request without a query; see {@link queryFeaturesFromWire}. */
export const retrieveRequestFromWire = (wire: candidateV1.RetrieveRequest): RetrieveRequest => ({
  release: releaseVersion(wire.release),
  query: requiredQuery(wire.query),
  sources: wire.sources,
  excludedOrdinals: Uint32Array.from(wire.excludedOrdinals),
});

export const retrieveReplyToWire = (reply: RetrieveReply): candidateV1.RetrieveResponse => ({
  release: reply.release,
  sources: reply.sources.map(({ source, ordinals, scores }) => ({
    source,
    ordinals: Array.from(ordinals),
    scores: Array.from(scores),
  })),
  queryVector: Array.from(reply.queryVector),
});

export const retrieveReplyFromWire = (wire: candidateV1.RetrieveResponse): RetrieveReply => ({
  release: releaseVersion(wire.release),
  sources: wire.sources.map(({ source, ordinals, scores }) => ({
    source,
    ordinals: Uint32Array.from(ordinals),
    scores: Float32Array.from(scores),
  })),
  queryVector: Float32Array.from(wire.queryVector),
});

export const statusToWire = (status: ModelServiceStatus): servingV1.GetStatusResponse => ({
  loadedReleases: [...status.loadedReleases],
  ready: status.ready,
  backend: status.backend,
});

export const statusFromWire = (wire: servingV1.GetStatusResponse): ModelServiceStatus => ({
  loadedReleases: wire.loadedReleases.map(releaseVersion),
  ready: wire.ready,
  backend: wire.backend,
});

function requiredQuery(query: servingV1.QueryFeatures | undefined): QueryFeatures {
  if (!query) throw new RangeError('query is missing');
  return queryFeaturesFromWire(query);
}
