import { readFile } from 'node:fs/promises';
import type { QueryFeatures, VerifiedRelease } from '@winnow/domain';
import {
  FeatureSet,
  LinearWeights,
  NeighbourTable,
  RankingFeatures,
  type FeatureSetJson,
  type ItemCounters,
  type ItemTable,
} from '@winnow/features';
import { readTensorFile } from '@winnow/model-registry';
import { catalogueContent, TwoTower } from '@winnow/models';
import { LiveItemVectors } from '@winnow/platform';

/** What a release brings to the rankers' features, over a catalogue and counters that the caller moves through time. */
export class ReleaseAsServed {
  private constructor(
    private readonly parts: {
      readonly items: ItemTable;
      readonly features: RankingFeatures;
      readonly vectors: LiveItemVectors;
      readonly tower: TwoTower;
      /** Places what arrived after the release, as rankers do. */
      readonly newcomers: TwoTower;
    },
    /** Items that the release knew keep their vectors. */
    private readonly known: ReadonlySet<number>,
  ) {}

  /** `items` must stand where the release found them: some features measure them when they are made. */
  static async open(
    release: VerifiedRelease,
    { items, counters }: { readonly items: ItemTable; readonly counters: ItemCounters },
  ): Promise<ReleaseAsServed> {
    const read = (name: string) => readTensorFile(release.filePath(`${name}.safetensors`));
    const json = await readFile(release.filePath('feature-set.json'), 'utf8');
    const featureSet = FeatureSet.fromJSON(JSON.parse(json) as FeatureSetJson);
    const vectors = LiveItemVectors.fromTensors(await read('item-vectors'));
    const features = new RankingFeatures({
      ...{ featureSet, items, counters, itemVectors: vectors },
      neighbours: NeighbourTable.fromTensors(await read('neighbours')),
      linearWeights: LinearWeights.fromTensors(await read('linear-weights')),
    });
    const sources = { content: catalogueContent(featureSet, items), profile: featureSet };
    const towerFile = await read('two-tower');
    const known = new Set<number>();
    for (let ordinal = 0; ordinal < release.manifest.ordinalLimit; ordinal += 1)
      if (vectors.vector(ordinal)) known.add(ordinal);
    return new ReleaseAsServed(
      {
        ...{ items, features, vectors },
        tower: TwoTower.fromTensors(towerFile, sources),
        newcomers: TwoTower.contentOnly(towerFile, sources),
      },
      known,
    );
  }

  get featureNames(): readonly string[] {
    return this.parts.features.names;
  }

  /** Row-major [ordinals, features], as a ranker computes them from what catalogue and counters hold now. */
  async compute(
    query: QueryFeatures,
    { ordinals, hasQueryVector }: { readonly ordinals: Uint32Array; readonly hasQueryVector: boolean },
  ): Promise<Float32Array> {
    const { tower, features } = this.parts;
    await this.placeNewcomers([
      ...ordinals,
      ...query.history.map(({ ordinal }) => ordinal),
      ...query.seedOrdinals,
    ]);
    return features.compute(query, hasQueryVector ? await tower.encodeQuery(query) : null, ordinals);
  }

  close(): void {
    this.parts.tower.dispose();
    this.parts.newcomers.dispose();
  }

  private async placeNewcomers(ordinals: readonly number[]): Promise<void> {
    const { items, vectors, newcomers } = this.parts;
    const wanted = [...new Set(ordinals)].filter((each) => !this.known.has(each) && items.has(each));
    if (wanted.length === 0) return;
    const encoded = await newcomers.encodeItems(wanted);
    wanted.forEach((each, row) =>
      vectors.set(each, encoded.slice(row * vectors.dimension, (row + 1) * vectors.dimension)),
    );
  }
}
