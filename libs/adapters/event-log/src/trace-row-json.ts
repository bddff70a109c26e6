import { ordinal, type SlateTrace, type TracedCandidates } from '@winnow/domain';

interface CandidateRow {
  readonly ordinal: number;
  readonly provenance: readonly { readonly source: string; readonly rank: number; readonly score: number }[];
  readonly light_score: number | null;
  readonly heavy_score: number | null;
  readonly head_values: readonly number[] | null;
  readonly features: readonly number[] | null;
}

/** A trace as JSON: the names and the nesting of the column. */
export interface TraceRow {
  readonly query: {
    readonly interactions: readonly {
      readonly ordinal: number;
      readonly event_type: number;
      readonly time: number;
      readonly value: number;
    }[];
    readonly seed_ordinals: readonly number[];
    /** JSON. */
    readonly context: string;
    readonly has_query_vector: boolean;
  };
  readonly as_of: {
    readonly user_state: string | null;
    readonly events: string | null;
    readonly catalog: string | null;
  };
  readonly removed: SlateTrace['removed'];
  readonly heads: readonly string[];
  readonly feature_names: readonly string[];
  readonly candidates: readonly CandidateRow[];
}

export function traceToRow(trace: SlateTrace): TraceRow {
  const { query, featuresAsOf } = trace;
  return {
    query: {
      interactions: query.interactions.map(({ eventType, timeMs, ...rest }) => ({
        ...{ ordinal: rest.ordinal, event_type: eventType, time: Math.round(timeMs), value: rest.value },
      })),
      seed_ordinals: query.seedOrdinals,
      context: JSON.stringify(query.context),
      has_query_vector: query.hasQueryVector,
    },
    as_of: {
      user_state: trace.userStateAsOf,
      events: featuresAsOf?.events ?? null,
      catalog: featuresAsOf?.catalog ?? null,
    },
    removed: trace.removed,
    heads: trace.heads,
    feature_names: trace.featureNames,
    candidates: candidateRows(trace),
  };
}

function candidateRows({ candidates, heads, featureNames }: SlateTrace): CandidateRow[] {
  const { ordinals, lightScores, heavyScores, headValues, features, provenance } = candidates;
  const heavyCount = heavyScores.length;
  const hasFeatures = features.length > 0;
  const rowOf = (values: Float32Array, row: number, width: number): number[] =>
    Array.from(values.subarray(row * width, (row + 1) * width));
  let find = 0;
  return Array.from(ordinals, (each, row) => {
    const found: { source: string; rank: number; score: number }[] = [];
    for (; find < provenance.candidates.length && provenance.candidates[find] === row; find += 1)
      found.push({
        source: provenance.sourceNames[provenance.sources[find]],
        rank: provenance.ranks[find],
        score: provenance.scores[find],
      });
    return {
      ordinal: each,
      provenance: found,
      light_score: Number.isNaN(lightScores[row]) ? null : lightScores[row],
      heavy_score: row < heavyCount ? heavyScores[row] : null,
      head_values: row < heavyCount ? rowOf(headValues, row, heads.length) : null,
      features: row < heavyCount && hasFeatures ? rowOf(features, row, featureNames.length) : null,
    };
  });
}

export function traceFromRow(row: TraceRow): SlateTrace {
  const { query, as_of: asOf } = row;
  return {
    query: {
      interactions: query.interactions.map((one) => ({
        ordinal: ordinal(one.ordinal),
        eventType: one.event_type,
        timeMs: one.time,
        value: one.value,
      })),
      seedOrdinals: query.seed_ordinals.map(ordinal),
      context: JSON.parse(query.context) as Record<string, string>,
      hasQueryVector: query.has_query_vector,
    },
    userStateAsOf: asOf.user_state,
    featuresAsOf:
      asOf.events === null || asOf.catalog === null ? null : { events: asOf.events, catalog: asOf.catalog },
    removed: row.removed,
    heads: row.heads,
    featureNames: row.feature_names,
    candidates: candidatesFromRows(row.candidates),
  };
}

function candidatesFromRows(rows: readonly CandidateRow[]): TracedCandidates {
  const scored = rows.filter((row) => row.heavy_score !== null);
  const finds = rows.flatMap(({ provenance }, row) => provenance.map((find) => ({ ...find, row })));
  const sourceNames = [...new Set(finds.map(({ source }) => source))];
  return {
    ordinals: Uint32Array.from(rows, (row) => row.ordinal),
    lightScores: Float32Array.from(rows, (row) => row.light_score ?? NaN),
    heavyScores: Float32Array.from(scored, (row) => row.heavy_score ?? NaN),
    headValues: Float32Array.from(scored.flatMap((row) => row.head_values ?? [])),
    features: Float32Array.from(scored.flatMap((row) => row.features ?? [])),
    provenance: {
      candidates: Uint32Array.from(finds, ({ row }) => row),
      sources: Uint8Array.from(finds, ({ source }) => sourceNames.indexOf(source)),
      sourceNames,
      ranks: Uint32Array.from(finds, ({ rank }) => rank),
      scores: Float32Array.from(finds, ({ score }) => score),
    },
  };
}
