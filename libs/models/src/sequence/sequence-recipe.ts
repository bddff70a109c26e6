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

const DIMENSION = 64;
/** Of a transformer over short sequences: their steps are cheap, and each item is seen in few of them. */
const WIDE_DIMENSION = 128;

const encoderOf = (kind: EncoderKind, dimension: number): EncoderConfig =>
  kind === 'transformer'
    ? { kind, blockCount: 2, headCount: dimension / DIMENSION, feedForwardSize: 2 * dimension }
    : { kind };

/**
 * Settings to start from for an encoder on data of some size. Vectors start near where they belong, so the epochs are few
 * and the rates low; epochs are counted so that the learning rate ends when validation does.
 */
export function sequenceRecipe(kind: EncoderKind, size: SequenceDataSize): SequenceRecipe {
  if (kind === 'set-pool') return setRecipe();
  const isLong = size.meanLength > LONG;
  const isWide = kind === 'transformer' && !isLong;
  const dimension = isWide ? WIDE_DIMENSION : DIMENSION;
  return {
    model: {
      encoder: encoderOf(kind, dimension),
      dimension,
      historyCountMax: isLong ? 200 : 50,
      tiedItems: true,
      temperature: 0.07,
    },
    epochsMax: isLong ? 24 : 12,
    patienceEpochs: 4,
    batchTokens: isLong ? 2048 : 512,
    negativeCount: 512,
    learningRate: isLong ? 1.5e-3 : 1e-3,
    tableLearningRate: isLong ? 3e-3 : 5e-3,
    weightDecay: 0,
    dropout: isLong ? 0.2 : isWide ? 0.45 : 0.3,
    initialVectors: 'spectral',
  };
}

const setRecipe = (): SequenceRecipe => ({
  model: {
    encoder: { kind: 'set-pool' },
    dimension: DIMENSION,
    historyCountMax: 1024,
    tiedItems: false,
    temperature: 0.1,
  },
  epochsMax: 20,
  patienceEpochs: 4,
  batchTokens: 4096,
  negativeCount: 1024,
  learningRate: 1e-3,
  tableLearningRate: 0.02,
  weightDecay: 0,
  dropout: 0.1,
  initialVectors: 'spectral',
});
