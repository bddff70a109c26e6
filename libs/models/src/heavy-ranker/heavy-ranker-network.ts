import type * as tf from '@tensorflow/tfjs-core';
import { DEFAULT_HEAVY_RANKER_ARCHITECTURE, HEAVY_RANKER_ARCHITECTURES } from '@winnow/domain';
import type { Random } from '@winnow/domain';
import type { ByName, Parameters } from '@winnow/tensor';
import { DEFAULT_SIZES } from './architectures/architecture';
import type { HeavyRankerConfig, HeavyRankerInput } from './architectures/architecture';
import { ARCHITECTURES } from './architectures/architectures-by-name';

export type { HeavyRankerConfig, HeavyRankerInput } from './architectures/architecture';

/** Whether a weight belongs to the part that reads the features alone. */
export const isWide = (name: string): boolean => name.startsWith('wide/');

/** Fresh weights of the network that the configuration names. The heads start at their base rates, given as logits. */
export const createHeavyRankerParameters = (
  config: HeavyRankerConfig,
  baseLogits: Float32Array,
  random: Random,
): Parameters => ARCHITECTURES[config.architecture].createParameters(config, baseLogits, random);

/** Logits of every head, [n, heads]. Row i follows from candidate i and its query alone. */
export const heavyRankerLogits = (
  config: HeavyRankerConfig,
  weights: ByName<tf.Tensor>,
  input: HeavyRankerInput,
): tf.Tensor2D => ARCHITECTURES[config.architecture].logits(config, weights, input);

/** What was saved before there was a choice lacks it. */
type Chosen = keyof typeof DEFAULT_SIZES | 'architecture' | 'rankingLoss' | 'targets';
type SavedConfig = Omit<HeavyRankerConfig, Chosen> & Partial<Pick<HeavyRankerConfig, Chosen>>;

/**
 * The configuration of saved weights. Those from before there was a choice name no architecture: they are of the default.
 * Throws a RangeError when the name is unknown: the weights are of a newer Winnow.
 */
export function heavyRankerConfigOf(json: string): HeavyRankerConfig {
  const saved = JSON.parse(json) as SavedConfig;
  const config: HeavyRankerConfig = {
    architecture: DEFAULT_HEAVY_RANKER_ARCHITECTURE,
    rankingLoss: 'listwise',
    targets: saved.heads.map(() => ({ loss: 'log-loss' })),
    ...DEFAULT_SIZES,
    ...saved,
  };
  if (!(config.architecture in ARCHITECTURES))
    throw new RangeError(
      `the heavy ranker is of architecture ${config.architecture}; this version knows ${HEAVY_RANKER_ARCHITECTURES.join(', ')}`,
    );
  return config;
}
