import * as tf from '@tensorflow/tfjs-core';
import { causalMask } from '@winnow/tensor';
import type { TokenLayout } from './token-layout';

/** The causal mask of every block, [size, size] each. */
export const causalMasks = ({ blocks }: TokenLayout): tf.Tensor2D[] =>
  blocks.map((block) => {
    const size = block.to - block.from;
    return tf.tensor2d(causalMask(block), [size, size]);
  });
