import { gaussian, itemId, seededRandom } from '@winnow/domain';
import type { Attributes, ItemId } from '@winnow/domain';
import { addScaled, normalise, Permutation, powerLawRank, seedOf } from './distributions';
import { DAY_MS } from './options';
import type { SyntheticWorldOptions } from './options';
import { titleOf } from './topics';
import type { Topic } from './topics';

/** What the outside may know of an item. */
export interface SyntheticItem {
  /** 0-based; `i00000042` and so on is made from it. */
  readonly index: number;
  readonly itemId: ItemId;
  /** title (text), topic (category), tags (categories), price (number), created (timestamp, ms). */
  readonly attributes: Attributes;
}

/** What only the world knows of an item. */
export interface HiddenItem {
  readonly topic: number;
  readonly secondTopic: number;
  /** Unit vector, [latentDimension]: topic mix and noise. */
  readonly latent: Float32Array;
  /** About standard normal; high for popular ranks. */
  readonly quality: number;
  readonly createdMs: number;
}

const SECOND_TOPIC_WEIGHT = 0.45;
const NOISE_WEIGHT = 0.5;
const TOPIC_SKEW = 0.6;
/** How long before the start old items may have been created. */
const PAST_DAYS = 365;

/** Items by index: nothing is stored, item `i` is computed from the seed and `i` whenever it is asked for. */
export class ItemSource {
  private readonly ranks: Permutation;

  constructor(
    private readonly options: SyntheticWorldOptions,
    private readonly topics: readonly Topic[],
  ) {
    this.ranks = new Permutation(options.itemCount, seedOf(options.seed, 'popularity', 0));
  }

  /** 0 is the item that the logging policy exposes most. */
  popularityRank(index: number): number {
    return this.ranks.apply(index);
  }

  /** The item at a popularity rank. */
  atPopularityRank(rank: number): number {
    return this.ranks.invert(rank);
  }

  createdMs(index: number): number {
    const { startMs, days, newItemShare, seed } = this.options;
    const random = seededRandom(seedOf(seed, 'created', index));
    return random() < newItemShare
      ? Math.floor(startMs + random() * days * DAY_MS)
      : Math.floor(startMs - random() * PAST_DAYS * DAY_MS);
  }

  hidden(index: number): HiddenItem {
    return this.make(index).hidden;
  }

  item(index: number): SyntheticItem {
    const { hidden, random } = this.make(index);
    const main = this.topics[hidden.topic];
    const second = this.topics[hidden.secondTopic];
    const tags = new Set<string>();
    for (let count = 0; count < 3; count += 1) tags.add(main.tags[Math.floor(random() * main.tags.length)]);
    tags.add(second.tags[Math.floor(random() * second.tags.length)]);
    const title = titleOf(main, second, index, random);
    const price = Math.round(100 * main.priceBase * Math.exp(0.4 * gaussian(random))) / 100;
    return {
      index,
      itemId: syntheticItemId(index),
      attributes: { title, topic: main.name, tags: [...tags], price, created: hidden.createdMs },
    };
  }

  private make(index: number): { hidden: HiddenItem; random: () => number } {
    const { itemCount, latentDimension, seed } = this.options;
    if (!(index >= 0 && index < itemCount))
      throw new RangeError(`no item ${index} in a world of ${itemCount}`);
    const random = seededRandom(seedOf(seed, 'item', index));
    const topic = powerLawRank(random(), this.topics.length, TOPIC_SKEW);
    const secondTopic = powerLawRank(random(), this.topics.length, TOPIC_SKEW);
    const latent = new Float32Array(latentDimension);
    for (let axis = 0; axis < latentDimension; axis += 1) latent[axis] = gaussian(random);
    normalise(latent);
    for (let axis = 0; axis < latentDimension; axis += 1) latent[axis] *= NOISE_WEIGHT;
    addScaled(latent, this.topics[topic].vector, 1);
    addScaled(latent, this.topics[secondTopic].vector, SECOND_TOPIC_WEIGHT);
    normalise(latent);
    const share = (this.popularityRank(index) + 0.5) / itemCount;
    // The logistic quantile at 0.6 stands in for the normal one.
    const quality = 0.6 * Math.log((1 - share) / share) * 0.5 + 0.5 * gaussian(random);
    return { hidden: { topic, secondTopic, latent, quality, createdMs: this.createdMs(index) }, random };
  }
}

export const syntheticItemId = (index: number): ItemId => itemId(`i${String(index).padStart(8, '0')}`);

/** The index within an id; NaN when the id is not a synthetic one. */
export const syntheticItemIndex = (id: string): number => (/^i\d{8}$/.test(id) ? Number(id.slice(1)) : NaN);
