import { readFile } from 'node:fs/promises';
import type {
  CatalogFeed,
  Description,
  EventFeed,
  ReleaseManifest,
  TensorFile,
  VerifiedRelease,
} from '@winnow/domain';
import { FeatureSet, RankingFeatures } from '@winnow/features';
import type { FeatureSetJson, ItemTable, RankingFeatureSources } from '@winnow/features';
import { readTensorFile } from '@winnow/model-registry';
import { catalogueContent, RankingEngine, TwoTower } from '@winnow/models';
import { ItemState } from '@winnow/platform';
import type { Logger } from '@winnow/platform';
import { NewItemVectors } from './new-item-vectors';
import type { LoadedRankingModel, RankerKind } from './ranker-kind';

/** A release that serves a little stale is better than none; the rest arrives while it serves. */
const CATCH_UP_MS = 30_000;

export interface LoadRankerReleaseOptions {
  readonly kind: RankerKind;
  readonly release: VerifiedRelease;
  readonly description: Pick<Description, 'events' | 'objectives' | 'training'>;
  readonly catalogFeed: CatalogFeed;
  readonly eventFeed: EventFeed;
  readonly logger: Logger;
  /** What the network is given. Default: `RankingFeatures`; a spec may put a broken one there. */
  readonly featuresOf?: FeaturesOf;
}

/** Makes what computes the network's features from what they read. */
export type FeaturesOf = (sources: RankingFeatureSources) => Pick<RankingFeatures, 'names' | 'compute'>;

interface Parts {
  readonly manifest: ReleaseManifest;
  readonly state: ItemState;
  readonly engine: RankingEngine;
  readonly model: LoadedRankingModel;
  readonly tower: TwoTower;
  readonly newItems: NewItemVectors;
}

/** What features are made of and from. */
interface ReleaseFeatures {
  readonly state: ItemState;
  readonly featureSet: FeatureSet;
  readonly features: ReturnType<FeaturesOf>;
}

/** One release's ranker with the item columns that its features read; catalogue and counters are live. */
export class RankerRelease {
  private constructor(private readonly parts: Parts) {}

  /**
   * Resolves when catalogue and counters have caught up with the streams. Throws an Error that says what is wrong with
   * the release; whatever was opened is closed again.
   */
  static async load(options: LoadRankerReleaseOptions): Promise<RankerRelease> {
    const { release, logger, featuresOf = (sources) => new RankingFeatures(sources) } = options;
    const featureSet = await readFeatureSet(release);
    const changedEarly: number[] = [];
    let onChanged = (ordinal: number): void => void changedEarly.push(ordinal);
    const state = await ItemState.load({
      ...options,
      readTensorFile,
      onItemUpserted: ({ ordinal }) => onChanged(ordinal),
    });
    try {
      // Before the first change of the catalogue: some features measure the items of the release when they are made.
      const { items, counters, neighbours, linearWeights, vectors: itemVectors } = state;
      const sources = { featureSet, items, counters, neighbours, linearWeights, itemVectors };
      const features = featuresOf(sources);
      const parts = await openParts(options, { state, featureSet, features });
      onChanged = (ordinal) => parts.newItems.changed(ordinal);
      changedEarly.forEach(onChanged);
      if (!(await state.caughtUp(CATCH_UP_MS)))
        logger.warn({ release: release.manifest.version }, 'serving before the catalogue has caught up');
      await parts.newItems.settled();
      return new RankerRelease(parts);
    } catch (thrown) {
      await state.stop();
      throw thrown;
    }
  }

  get manifest(): ReleaseManifest {
    return this.parts.manifest;
  }

  get engine(): RankingEngine {
    return this.parts.engine;
  }

  get items(): ItemTable {
    return this.parts.state.items;
  }

  async close(): Promise<void> {
    const { state, newItems, model, tower } = this.parts;
    await state.stop();
    await newItems.close();
    model.dispose();
    tower.dispose();
  }
}

async function openParts(
  { kind, release, description, logger }: LoadRankerReleaseOptions,
  { state, featureSet, features }: ReleaseFeatures,
): Promise<Parts> {
  const { manifest } = release;
  const { items, vectors } = state;
  const read = (name: string, rowsMax?: Readonly<Record<string, number>>): Promise<TensorFile> =>
    readTensorFile(release.filePath(`${name}.safetensors`), { rowsMax });
  // New items are placed by content: of a table that may have gigabytes, the row of unknown items is all they need.
  const tower = TwoTower.contentOnly(await read('two-tower', { 'items/ids': 1 }), {
    content: catalogueContent(featureSet, items),
    profile: featureSet,
  });
  if (tower.dimension !== vectors.dimension)
    throw new Error(`towers have dimension ${tower.dimension}, item vectors ${vectors.dimension}`);
  const model = kind.load({ file: await read(kind.name), featureSet, items, description });
  return {
    manifest,
    state,
    tower,
    model,
    engine: new RankingEngine({
      ...{ component: kind.name, model: model.model, features },
      asOf: () => state.cursors,
    }),
    newItems: new NewItemVectors({ vectors, tower, logger }),
  };
}

async function readFeatureSet(release: VerifiedRelease): Promise<FeatureSet> {
  const { featureSetHash } = release.manifest;
  const json = await readFile(release.filePath('feature-set.json'), 'utf8');
  const featureSet = FeatureSet.fromJSON(JSON.parse(json) as FeatureSetJson);
  if (featureSet.hash !== featureSetHash)
    throw new Error(`feature set ${featureSet.hash} is not the manifest's ${featureSetHash}`);
  return featureSet;
}
