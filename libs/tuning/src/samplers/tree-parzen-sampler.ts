import type { Random } from '@winnow/domain';
import type { Point, SearchParameter } from '../search-space';
import { choiceDensity, numberDensity } from './parzen-estimator';
import type { Density } from './parzen-estimator';
import { randomSampler } from './random-sampler';
import type { Sampler } from './sampler';

/** How soon and how greedily the sampler infers. */
export interface TreeParzenOptions {
  /** Trials before anything is inferred. Default 6. */
  readonly startCount?: number;
  /** Best share of the trials, which proposals should be like. Default 0.2. */
  readonly goodShare?: number;
  /** Draws per parameter, of which the most promising is proposed. Default 24. */
  readonly drawCount?: number;
}

/** More would tell little of where the best are. */
const GOOD_COUNT_MAX = 25;

/**
 * The tree-structured Parzen estimator (Bergstra et al., NeurIPS 2011): the trials are cut into the best share and the
 * rest; of draws from the density of the best, the one is proposed that is likeliest under it relative to the density of
 * the rest. That ratio grows with the expected improvement. Parameters are looked at one by one. O(trials × draws).
 */
export function treeParzenSampler(options: TreeParzenOptions = {}): Sampler {
  const { startCount = 6, goodShare = 0.2, drawCount = 24 } = options;
  return {
    propose(space, ranked, random) {
      if (ranked.length < startCount) return randomSampler.propose(space, ranked, random);
      const goodCount = Math.min(GOOD_COUNT_MAX, Math.ceil(goodShare * ranked.length));
      return space.map((parameter, index) => {
        const good = densityOf(parameter, ranked.slice(0, goodCount), index);
        const rest = densityOf(parameter, ranked.slice(goodCount), index);
        return likeliestDraw({ good, rest, drawCount, random });
      });
    },
  };
}

function densityOf(parameter: SearchParameter, points: readonly Point[], index: number): Density {
  const coordinates = points.map((point) => point[index]).filter(Number.isFinite);
  return parameter.kind === 'choice'
    ? choiceDensity(coordinates, parameter.choices.length)
    : numberDensity(coordinates);
}

function likeliestDraw(options: {
  readonly good: Density;
  readonly rest: Density;
  readonly drawCount: number;
  readonly random: Random;
}): number {
  const { good, rest, drawCount, random } = options;
  let [best, bestRatio] = [0, -Infinity];
  for (let draw = 0; draw < drawCount; draw += 1) {
    const coordinate = good.draw(random);
    const ratio = good.logDensity(coordinate) - rest.logDensity(coordinate);
    if (ratio > bestRatio) [best, bestRatio] = [coordinate, ratio];
  }
  return best;
}
