import { readFile } from 'node:fs/promises';
import type { Description, VerifiedRelease } from '@winnow/domain';
import { FeatureSet, type FeatureSetJson, RankingFeatures } from '@winnow/features';
import { readTensorFile } from '@winnow/model-registry';
import { catalogueContent, HeavyRanker, TwoTower, ValueModel } from '@winnow/models';
import type { OnlineStore } from '@winnow/online-store';
import { createLogger, ItemState } from '@winnow/platform';

/** What one release needs to score a candidate as its services do, in this process. */
export interface Explainer {
  readonly state: ItemState;
  readonly featureSet: FeatureSet;
  readonly features: RankingFeatures;
  readonly tower: TwoTower;
  readonly heavy: HeavyRanker;
  close(): Promise<void>;
}

/** Events since the release are few; without them the counters are a little behind. */
const CATCH_UP_MS = 10_000;

/** Loads a release with live counters. Throws an Error that says what does not fit; what was opened is closed again. */
export async function openExplainer(options: {
  readonly release: VerifiedRelease;
  readonly description: Description;
  readonly store: Pick<OnlineStore, 'catalogFeed' | 'eventFeed'>;
  readonly backend?: string;
}): Promise<Explainer> {
  const { release, description, store, backend } = options;
  const { startBackend } = await import('@winnow/tensor');
  await startBackend({ forced: backend });
  const state = await ItemState.load({
    ...{ release, readTensorFile, description },
    catalogFeed: store.catalogFeed,
    eventFeed: store.eventFeed,
    logger: createLogger({ service: 'explain', level: 'silent' }),
  });
  try {
    await state.caughtUp(CATCH_UP_MS);
    const { items, counters, neighbours, linearWeights, vectors } = state;
    const json = await readFile(release.filePath('feature-set.json'), 'utf8');
    const featureSet = FeatureSet.fromJSON(JSON.parse(json) as FeatureSetJson);
    const sources = { content: catalogueContent(featureSet, items), profile: featureSet };
    const read = (name: string) => readTensorFile(release.filePath(`${name}.safetensors`));
    const tower = TwoTower.fromTensors(await read('two-tower'), sources);
    const heavy = HeavyRanker.fromTensors(await read('heavy-ranker'), {
      ...sources,
      valueModel: new ValueModel(description.objectives),
    });
    const features = new RankingFeatures({
      ...{ featureSet, items, counters, neighbours, linearWeights },
      itemVectors: vectors,
    });
    const close = async (): Promise<void> => {
      heavy.dispose();
      tower.dispose();
      await state.stop();
    };
    return { state, featureSet, features, tower, heavy, close };
  } catch (thrown) {
    await state.stop();
    throw thrown;
  }
}
