import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { itemId, releaseVersion, seededRandom } from '@winnow/domain';
import type {
  Description,
  HeavyRankerArchitectureName,
  Ordinal,
  StreamCursor,
  TensorFile,
} from '@winnow/domain';
import {
  FeatureSet,
  ItemCounters,
  ItemTable,
  LinearWeights,
  NeighbourTable,
  RankingFeatures,
} from '@winnow/features';
import { createFileModelRegistry, writeTensorFile } from '@winnow/model-registry';
import {
  catalogueContent,
  RankingExamplesBuilder,
  trainHeavyRanker,
  trainLightRanker,
  TwoTower,
  ValueModel,
} from '@winnow/models';
import type { RankingExamples } from '@winnow/models';
import { createOnlineStore } from '@winnow/online-store';
import type { OnlineStore } from '@winnow/online-store';
import { createLogger } from '@winnow/platform';
import { startBackend } from '@winnow/tensor';
import { SAMPLE_EVENT_TYPES, sampleManifest } from '@winnow/testing';
import { Registry } from 'prom-client';
import type { ModelServiceOptions } from './start-model-service';

export const ITEM_COUNT = 60;
export const DIMENSION = 8;
const GENRES = ['noir', 'western', 'opera', 'heist'];
const NOW_MS = 1_700_000_000_000;

/** Releases of tiny models over a real registry and a real Redis. */
export class RankerWorld {
  readonly registry: ReturnType<typeof createFileModelRegistry>;
  readonly store: OnlineStore;
  ordinals: readonly Ordinal[] = [];

  private constructor(
    readonly folder: string,
    readonly description: Description,
    private readonly redisUrl: string,
  ) {
    this.registry = createFileModelRegistry({ folder: this.registryFolder, pollMs: 20 });
    this.store = createOnlineStore({ url: redisUrl, description, readTimeoutMs: 1000 });
  }

  static async create(namespace: string, redisUrl: string): Promise<RankerWorld> {
    await startBackend({ forced: 'wasm' });
    const folder = await mkdtemp(join(tmpdir(), 'winnow-ranker-'));
    const world = new RankerWorld(folder, describedAs(namespace), redisUrl);
    const numbers = Array.from({ length: ITEM_COUNT }, (_, number) => number);
    ({ ordinals: world.ordinals } = await world.store.catalog.upsertItems(numbers.map(itemNumber)));
    return world;
  }

  get registryFolder(): string {
    return join(this.folder, 'registry');
  }

  /** A silent service on any free port that answers from this world's releases. */
  serviceOptions(): ModelServiceOptions {
    return {
      description: this.description,
      redisUrl: this.redisUrl,
      registryFolder: this.registryFolder,
      listenAddress: '127.0.0.1:0',
      backend: 'wasm',
      logger: createLogger({ service: 'spec', level: 'silent' }),
      registry: new Registry(),
    };
  }

  async close(): Promise<void> {
    await this.store.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A whole release; `spoil` may damage the heavy ranker's weights before they are written. */
  async publish(
    version: string,
    {
      spoil,
      architecture,
      cursors = { events: '0', catalog: '0' },
    }: {
      readonly spoil?: (tensors: TensorFile['tensors']) => void;
      readonly architecture?: HeavyRankerArchitectureName;
      readonly cursors?: { readonly events: StreamCursor; readonly catalog: StreamCursor };
    } = {},
  ): Promise<void> {
    const { description, ordinals } = this;
    const path = (name: string): string => join(this.folder, version, name);
    const items = new ItemTable(description.items.attributes, 'title');
    ordinals.forEach((each, number) => items.upsert({ ordinal: each, ...itemNumber(number) }));
    const featureSet = FeatureSet.compile(description, items);
    const sources = { content: catalogueContent(featureSet, items), profile: featureSet };
    const tower = TwoTower.create(TOWER, sources, 7);
    const vectors = new Float32Array(items.ordinalLimit * DIMENSION);
    vectors.set(await tower.encodeItems(ordinals), ordinals[0] * DIMENSION);
    const counters = new ItemCounters({ halfLivesHours: [6, 72] });
    const features = new RankingFeatures({
      ...{ featureSet, items, counters },
      ...{ neighbours: NeighbourTable.empty(), linearWeights: LinearWeights.empty() },
      itemVectors: {
        dimension: DIMENSION,
        vector: (each) => vectors.subarray(each * DIMENSION, (each + 1) * DIMENSION),
      },
    });
    const examples = someExamples(ordinals, features, featureSet);
    const heavy = await trainHeavyRanker({
      architecture,
      examples,
      sources: { ...sources, valueModel: new ValueModel(description.objectives) },
      eventTypeCount: SAMPLE_EVENT_TYPES.length,
      historyCountMax: 20,
      ...{ seed: 1, epochsMax: 1, learningRate: 0.01 },
    });
    const light = await trainLightRanker({
      examples,
      teacherScores: Float32Array.from(examples.ordinals, (each) => Math.sin(each)),
      ...{ seed: 1, epochsMax: 1, learningRate: 0.01 },
    });
    const files = {
      items: items.toTensors(),
      counters: counters.toTensors(),
      neighbours: NeighbourTable.empty().toTensors(),
      'linear-weights': LinearWeights.empty().toTensors(),
      'item-vectors': {
        tensors: { vectors: { shape: [items.ordinalLimit, DIMENSION], data: vectors } },
        metadata: {},
      },
      'two-tower': tower.toTensors(),
      'heavy-ranker': heavy.model.toTensors(),
      'light-ranker': light.model.toTensors(),
    };
    spoil?.(files['heavy-ranker'].tensors);
    for (const [name, file] of Object.entries(files))
      await writeTensorFile(path(`${name}.safetensors`), file);
    await writeFile(path('feature-set.json'), JSON.stringify(featureSet.toJSON()));
    await this.registry.publish(
      join(this.folder, version),
      sampleManifest(version, {
        dimension: DIMENSION,
        featureSetHash: featureSet.hash,
        itemCount: ITEM_COUNT,
        ordinalLimit: items.ordinalLimit,
        heads: description.objectives.map(({ head }) => head),
        eventTypes: SAMPLE_EVENT_TYPES.map(({ name }) => name),
        cursors,
        golden: { historyOrdinals: [ordinals[0]], expectedOrdinals: [ordinals[1]] },
      }),
    );
  }

  async promote(version: string): Promise<void> {
    const promoted = await this.registry.promote(releaseVersion(version));
    if (!promoted.ok) throw new Error(promoted.error.reason);
  }
}

const TOWER = {
  dimension: DIMENSION,
  attentionSize: 8,
  profileSize: 4,
  hiddenSize: 16,
  historyCountMax: 20,
  eventTypeCount: SAMPLE_EVENT_TYPES.length,
  temperature: 0.1,
};

export const itemNumber = (number: number) => ({
  itemId: itemId(`item-${number}`),
  attributes: { title: `Film ${number}`, genre: GENRES[number % GENRES.length] },
  available: true,
  firstSeenAtMs: NOW_MS,
});

const describedAs = (namespace: string): Description => {
  const positives = SAMPLE_EVENT_TYPES.filter(({ sentiment }) => sentiment === 'positive');
  return {
    namespace,
    items: {
      attributes: [
        { name: 'title', type: 'text' },
        { name: 'genre', type: 'category' },
      ],
      titleAttribute: 'title',
    },
    users: { attributes: [] },
    events: SAMPLE_EVENT_TYPES,
    objectives: positives.map(({ name }) => ({ head: name, event: name, weight: 1 })),
    training: { trendingHalfLifeHours: [6, 72], historyCountMax: 20 },
  } as unknown as Description;
};

function someExamples(
  ordinals: readonly Ordinal[],
  features: RankingFeatures,
  featureSet: FeatureSet,
): RankingExamples {
  const headCount = SAMPLE_EVENT_TYPES.filter(({ sentiment }) => sentiment === 'positive').length;
  const random = seededRandom(5);
  const builder = new RankingExamplesBuilder({
    featureCount: features.count,
    headCount,
    historyCountMax: 20,
    profileSource: featureSet,
  });
  for (let query = 0; query < 20; query += 1) {
    const candidates = Uint32Array.from(ordinals.slice(query, query + 20));
    const asked = { history: [], seedOrdinals: [], userAttributes: {}, context: {}, nowMs: NOW_MS + query };
    builder.add({
      query: asked,
      ordinals: candidates,
      features: features.compute(asked, null, candidates),
      labels: Float32Array.from({ length: 20 * headCount }, () => (random() < 0.2 ? 1 : 0)),
    });
  }
  return builder.build();
}
