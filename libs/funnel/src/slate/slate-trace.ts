import type { ScoredCandidate, SlateTrace, TracedCandidates } from '@winnow/domain';
import type { PipelineRun } from '@winnow/pipeline';
import type { FunnelQuery } from '../funnel-query';
import type { TraceRecorder } from './trace-recorder';

/** Everything that made a slate, from what is in memory when it has been sent. O(candidates · (heads + features)). */
export function slateTraceOf(
  { query, diagnostics }: PipelineRun<FunnelQuery, ScoredCandidate>,
  { heads, recorder }: { readonly heads: readonly string[]; readonly recorder: TraceRecorder },
): SlateTrace {
  const { features } = recorder;
  const candidates = columnsOf(diagnostics.ranked, recorder);
  return {
    query: {
      interactions: query.requestInteractions,
      seedOrdinals: query.seedOrdinals,
      context: query.context,
      hasQueryVector: query.queryVector !== null,
    },
    userStateAsOf: query.userStateAsOf,
    featuresAsOf: features?.asOf ?? null,
    removed: diagnostics.removed,
    heads: candidates.heavyScores.length > 0 ? heads : [],
    featureNames: features?.names ?? [],
    candidates,
  };
}

const scoreAt = ({ stageScores }: ScoredCandidate, stage: string): number | undefined =>
  stageScores.find((one) => one.stage === stage)?.score;

/** `ranked` begins with the candidates that the heavy ranker scored. */
function columnsOf(ranked: readonly ScoredCandidate[], recorder: TraceRecorder): TracedCandidates {
  const scored = ranked.filter((candidate) => scoreAt(candidate, 'heavy-rank') !== undefined);
  return {
    ordinals: Uint32Array.from(ranked, ({ ordinal }) => ordinal),
    lightScores: Float32Array.from(ranked, (candidate) => scoreAt(candidate, 'light-rank') ?? NaN),
    heavyScores: Float32Array.from(scored, (candidate) => scoreAt(candidate, 'heavy-rank') ?? NaN),
    headValues: Float32Array.from(scored.flatMap(({ headValues }) => headValues)),
    features: joined(scored.map(({ ordinal }) => recorder.featuresOf(ordinal))),
    provenance: provenanceOf(ranked),
  };
}

function joined(rows: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(rows.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const row of rows) {
    all.set(row, at);
    at += row.length;
  }
  return all;
}

function provenanceOf(ranked: readonly ScoredCandidate[]): TracedCandidates['provenance'] {
  const finds = ranked.flatMap(({ provenance }, candidate) =>
    provenance.map((find) => ({ ...find, candidate })),
  );
  const sourceNames = [...new Set(finds.map(({ source }) => source))];
  const indexOf = new Map(sourceNames.map((name, index) => [name, index]));
  return {
    candidates: Uint32Array.from(finds, ({ candidate }) => candidate),
    sources: Uint8Array.from(finds, ({ source }) => indexOf.get(source) ?? 0),
    sourceNames,
    ranks: Uint32Array.from(finds, ({ rank }) => rank),
    scores: Float32Array.from(finds, ({ score }) => score),
  };
}
