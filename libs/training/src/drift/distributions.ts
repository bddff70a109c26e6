import { categoryDistribution, numberDistribution, type Distribution } from '@winnow/evaluation';
import type { Observations } from './log-observations';

/** The histograms of observations. */
export const distributionsOf = (observations: Observations): Record<string, Distribution> =>
  Object.fromEntries(
    Object.entries(observations).map(([name, observed]) => [
      name,
      observed.kind === 'number'
        ? numberDistribution(observed.values, observed.sampleCount)
        : categoryDistribution(observed.countOf, observed.sampleCount),
    ]),
  );
