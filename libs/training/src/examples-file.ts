import type { NamedTensor, TensorData, TensorFile } from '@winnow/domain';
import type { RankingExamples } from '@winnow/models';

/** Columns in the file, and where they are in the examples. */
function columnsOf(examples: RankingExamples): Record<string, TensorData> {
  const { histories, profiles } = examples;
  return {
    groupOffsets: examples.groupOffsets,
    ordinals: examples.ordinals,
    features: examples.features,
    labels: examples.labels,
    positions: examples.positions,
    nowMs: examples.nowMs,
    shown: examples.shown,
    negativeRates: examples.negativeRates,
    'histories/offsets': histories.offsets,
    'histories/ordinals': histories.ordinals,
    'histories/eventTypes': histories.eventTypes,
    'histories/timesMs': histories.timesMs,
    'profiles/offsets': profiles.offsets,
    'profiles/rows': profiles.rows,
    'profiles/weights': profiles.weights,
  };
}

export function examplesToTensors(examples: RankingExamples): TensorFile {
  const { queryCount, featureCount, headCount } = examples;
  return {
    metadata: { kind: 'ranking-examples', sizes: JSON.stringify({ queryCount, featureCount, headCount }) },
    tensors: Object.fromEntries(
      Object.entries(columnsOf(examples)).map(([name, data]) => [name, { shape: [data.length], data }]),
    ),
  };
}

export function examplesFromTensors({ tensors, metadata }: TensorFile): RankingExamples {
  const sizes = JSON.parse(metadata['sizes']) as Pick<
    RankingExamples,
    'queryCount' | 'featureCount' | 'headCount'
  >;
  const column = <T extends TensorData>(name: string): T => (tensors[name] as NamedTensor).data as T;
  return {
    ...sizes,
    groupOffsets: column('groupOffsets'),
    ordinals: column('ordinals'),
    features: column('features'),
    labels: column('labels'),
    positions: column('positions'),
    nowMs: column('nowMs'),
    shown: column('shown'),
    negativeRates: column('negativeRates'),
    histories: {
      offsets: column('histories/offsets'),
      ordinals: column('histories/ordinals'),
      eventTypes: column('histories/eventTypes'),
      timesMs: column('histories/timesMs'),
    },
    profiles: {
      offsets: column('profiles/offsets'),
      rows: column('profiles/rows'),
      weights: column('profiles/weights'),
    },
  };
}
