import type { EncoderConfig, EncoderKind, SequenceModelConfig } from './sequence-config';
import type { SequenceTrainingOptions } from './train-sequence-model';

/** Settings of a training run, data and seed apart. */
export type SequenceRecipe = Pick<
  SequenceTrainingOptions,
  | 'epochsMax'
  | 'patienceEpochs'
  | 'batchTokens'
  | 'negativeCount'
  | 'learningRate'
  | 'tableLearningRate'
  | 'weightDecay'
  | 'dropout'
  | 'initialVectors'
> & { readonly model: Omit<SequenceModelConfig, 'itemCount'> };

/** What of the data decides on settings. */
export interface SequenceDataSize {
  readonly itemCount: number;
  /** Mean number of items of a sequence. */
  readonly meanLength: number;
}

/** Sequences of more items than this are long: their items are seen often, so vectors may learn more slowly. */
const LONG = 50;

const encoderOf = (kind: EncoderKind, dimension: number): EncoderConfig =>
  kind === 'transformer'
    ? { kind, blockCount: 2, headCount: dimension / 64, feedForwardSize: 2 * dimension }
    : { kind };

/** Settings to start from for an encoder on data of some size. */
export function sequenceRecipe(kind: EncoderKind, { meanLength }: SequenceDataSize): SequenceRecipe {
  const isLong = meanLength > LONG;
  const isSet = kind === 'set-pool';
  const dimension = isSet ? 64 : isLong ? 64 : 128;
  return {
    model: {
      encoder: encoderOf(kind, dimension),
      dimension,
      historyCountMax: isSet ? 1024 : isLong ? 200 : 50,
      tiedItems: !isSet,
      temperature: isSet ? 0.15 : 0.07,
    },
    epochsMax: isSet ? 20 : 40,
    patienceEpochs: 5,
    batchTokens: isSet ? 8192 : isLong ? 2048 : 512,
    negativeCount: isSet ? 1024 : 512,
    learningRate: 1e-3,
    tableLearningRate: isSet ? 0.01 : isLong ? 0.005 : 0.02,
    weightDecay: 0,
    initialVectors: 'spectral',
    dropout: isSet ? 0.1 : isLong ? 0.2 : 0.3,
  };
}
