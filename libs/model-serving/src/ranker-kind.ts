import type { Description, TensorFile } from '@winnow/domain';
import type { FeatureSet, ItemTable } from '@winnow/features';
import type { RankingModel } from '@winnow/models';

/** A ranking network of one release, in memory. */
export interface LoadedRankingModel {
  readonly model: RankingModel;
  /** Frees device memory. */
  dispose(): void;
}

/** What makes one ranker different from another: everything else about serving it is the same. */
export interface RankerKind {
  /** Name of the process, of the component in errors, and of the model's file. */
  readonly name: 'light-ranker' | 'heavy-ranker';
  /** Makes the network from `<name>.safetensors`; throws a RangeError that says what does not fit. */
  load(options: {
    readonly file: TensorFile;
    readonly featureSet: FeatureSet;
    readonly items: ItemTable;
    readonly description: Pick<Description, 'objectives'>;
  }): LoadedRankingModel;
}
