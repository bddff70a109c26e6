import type { RankingExamples } from '../ranking-examples';
import type { ValueModel } from './value-model';

/** What the labels of each row are worth, [n]; a value that nobody knows is worth nothing. */
export const labelGains = (
  { labels }: Pick<RankingExamples, 'labels'>,
  valueModel: ValueModel,
): Float32Array => valueModel.scores(labels.map((label) => (Number.isNaN(label) ? 0 : label)));
