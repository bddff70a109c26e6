import type { Random } from '@winnow/domain';
import type { Point, SearchParameter } from '../search-space';

/** As winnow.yaml and `--sampler` call them. */
export const SAMPLER_NAMES = ['tpe', 'random'] as const;
export type SamplerName = (typeof SAMPLER_NAMES)[number];

/** Proposes where to look next. */
export interface Sampler {
  /** @param ranked what was tried, best first. */
  propose(space: readonly SearchParameter[], ranked: readonly Point[], random: Random): Point;
}
