import type { Description, TensorFile, VerifiedRelease } from '@winnow/domain';
import { FeatureSet } from '@winnow/features';
import type { FeatureSetJson, ItemCounters, ItemTable } from '@winnow/features';
import { HeavyRanker, LightRanker, TwoTower } from '@winnow/models';
import type { ItemRelations } from './item-relations';
import { offlineEngines } from './offline-engines';
import type { OfflineModels } from './offline-funnel';
import type { ExactIndexOf } from './ports';
import { heavySources } from './rankers';
import { encodeCatalogue, towerSources } from './towers';

/** What is known at one moment, whatever was in a release's tables when it was made. */
export interface KnownPast {
  readonly counters: ItemCounters;
  readonly relations: ItemRelations;
}

export interface ReleaseModelsOptions extends KnownPast {
  readonly description: Description;
  readonly items: ItemTable;
  readonly exactIndexOf: ExactIndexOf;
  readonly readTensorFile: (path: string) => Promise<TensorFile>;
  readonly readJsonFile: (path: string) => Promise<unknown>;
}

/** A published release's networks as offline engines, on the catalogue and the counters given. */
export async function releaseModels(
  release: VerifiedRelease,
  options: ReleaseModelsOptions,
): Promise<OfflineModels> {
  const { description, items, counters, relations, exactIndexOf, readTensorFile, readJsonFile } = options;
  const read = (file: string): Promise<TensorFile> => readTensorFile(release.filePath(file));
  const featureSet = FeatureSet.fromJSON(
    (await readJsonFile(release.filePath('feature-set.json'))) as FeatureSetJson,
  );
  const tower = TwoTower.fromTensors(await read('two-tower.safetensors'), towerSources(featureSet, items));
  return offlineEngines({
    ...{ description, items, featureSet, exactIndexOf, tower, counters, relations },
    vectors: await encodeCatalogue(tower, items),
    heavy: HeavyRanker.fromTensors(
      await read('heavy-ranker.safetensors'),
      heavySources(description, featureSet, items),
    ),
    light: LightRanker.fromTensors(await read('light-ranker.safetensors')),
  });
}
