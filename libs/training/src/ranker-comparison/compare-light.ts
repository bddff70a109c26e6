import { heavyValueScores, lightAgreement, LightRanker } from '@winnow/models';
import { trainHeavy, trainLight } from '../rankers';
import { trainingNote } from '../training-note';
import { REQUEST_CANDIDATES } from './compare-rankers';
import type { ComparisonExamples, ComparisonOptions } from './comparison-examples';
import { cpuMicrosecondsPerCandidate } from './request-cost';

/** What the light ranker loses of the heavy one's order, and what it saves. */
export interface LightRankerFigures {
  readonly seed: number;
  /** Mean share of the heavy ranker's best 50 that are among its own best 200 of 800 candidates. */
  readonly agreement: number;
  /** CPU time of a candidate, features computed. */
  readonly lightMicroseconds: number;
  readonly heavyMicroseconds: number;
}

/** Candidates of a request to the light ranker: about as many as pass the filters by default. */
export const LIGHT_REQUEST_CANDIDATES = 800;

/**
 * Trains the heavy ranker that the description names and distils it; both are asked about candidates of later moments, all
 * that retrieval brought, which neither has learnt from.
 */
export async function compareLightRanker(
  { featureSet, learn, ask }: ComparisonExamples,
  options: ComparisonOptions & { readonly cpuMs: () => number },
): Promise<LightRankerFigures> {
  const { description, items, seed, cpuMs, onProgress } = options;
  const shared = {
    ...{ description, items, featureSet, seed, examples: learn },
    onProgress: (state: Parameters<typeof trainingNote>[0]) => {
      const { note, fraction } = trainingNote(state);
      onProgress?.(`${state.model}: ${note}`, fraction);
    },
  };
  const { model: heavy } = await trainHeavy(shared);
  const { model: trained } = await trainLight({ ...shared, heavy });
  const light = LightRanker.fromTensors(trained.toTensors());
  const figures = {
    seed,
    agreement: await lightAgreement(ask, await heavyValueScores(heavy, ask), light),
    lightMicroseconds: await cpuMicrosecondsPerCandidate(light, ask, {
      candidateCount: LIGHT_REQUEST_CANDIDATES,
      cpuMs,
    }),
    heavyMicroseconds: await cpuMicrosecondsPerCandidate(heavy, ask, {
      candidateCount: REQUEST_CANDIDATES,
      cpuMs,
    }),
  };
  for (const model of [heavy, trained, light]) model.dispose();
  return figures;
}
