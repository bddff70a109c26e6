import { randomSampler } from './random-sampler';
import type { Sampler, SamplerName } from './sampler';
import { treeParzenSampler } from './tree-parzen-sampler';

/** Every sampler with its default options. */
export const SAMPLERS: Readonly<Record<SamplerName, Sampler>> = {
  tpe: treeParzenSampler(),
  random: randomSampler,
};
