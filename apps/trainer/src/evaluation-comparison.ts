import { DatasetError } from '@winnow/datasets';
import { systemClock } from '@winnow/domain';
import type { Description } from '@winnow/domain';
import type { ComparisonPart, ComparisonReport, ProtocolName } from '@winnow/evaluation';
import { compareRankings, compareRatings } from '@winnow/training';
import type { CompareOptions } from '@winnow/training';
import { evaluationParts } from './evaluation-data';
import { watchMemory } from './evaluation-memory';

export interface ComparisonRequest {
  readonly data: string;
  readonly protocol: ProtocolName;
  /** Names; empty for all models without a network. */
  readonly models: readonly string[];
  readonly seeds: readonly number[];
  readonly slices: readonly string[];
  description(): Promise<Description>;
  startBackend(): Promise<void>;
  readonly signal: AbortSignal;
  readonly onProgress: (note: string, fraction: number) => void;
}

/** Reads the data, trains and asks the models, and gives back all that was found. */
export async function runComparison(request: ComparisonRequest): Promise<ComparisonReport> {
  const { data, protocol, seeds, signal } = request;
  const startedAtMs = performance.now();
  const { rankings, ratings } = await evaluationParts(request);
  const chosen = {
    rankings: chosenOf(rankings.models, request.models),
    ratings: chosenOf(ratings?.models ?? [], request.models),
  };
  refuseUnknown(request.models, [...rankings.models, ...(ratings?.models ?? [])]);
  if ([...chosen.rankings, ...chosen.ratings].some(({ needsBackend }) => needsBackend))
    await request.startBackend();
  const partCount = [chosen.rankings, chosen.ratings].filter(({ length }) => length > 0).length;
  const parts: ComparisonPart[] = [];
  const options = (): CompareOptions => ({
    seeds,
    signal,
    meters: { clock: systemClock, watchMemory },
    onProgress: (model, note, fraction) =>
      request.onProgress(`${model}: ${note}`, (parts.length + fraction) / partCount),
  });
  if (chosen.rankings.length > 0)
    parts.push(await compareRankings(rankings.task, chosen.rankings, options()));
  if (ratings && chosen.ratings.length > 0)
    parts.push(await compareRatings(ratings.task, chosen.ratings, options()));
  return { formatVersion: 1, data, protocol, seeds, parts, durationMs: performance.now() - startedAtMs };
}

interface NamedModel {
  readonly name: string;
  readonly needsBackend?: boolean;
}

/** Those that were named, in the order of the names; all without a network when none was. */
function chosenOf<M extends NamedModel>(models: readonly M[], names: readonly string[]): readonly M[] {
  if (names.length === 0) return models.filter(({ needsBackend }) => !needsBackend);
  return names.flatMap((name) => models.filter((model) => model.name === name));
}

function refuseUnknown(names: readonly string[], models: readonly NamedModel[]): void {
  const known = models.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new DatasetError(
      'unknown',
      `--model: ${unknown.join(', ')} cannot be asked here; there are: ${known.join(', ')}`,
    );
}
