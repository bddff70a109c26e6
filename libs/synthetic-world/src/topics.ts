import { gaussian, seededRandom } from '@winnow/domain';
import { normalise, seedOf } from './distributions';

const NAMES = [
  'garden',
  'kitchen',
  'travel',
  'space',
  'music',
  'history',
  'running',
  'chess',
  'sailing',
  'baking',
  'painting',
  'robots',
  'birds',
  'coffee',
  'cycling',
  'theatre',
  'physics',
  'fashion',
  'mountains',
  'cinema',
  'football',
  'poetry',
  'wood',
  'photography',
];
const ADJECTIVES = ['Quiet', 'Bright', 'Little', 'Modern', 'Northern', 'Secret', 'Honest', 'Golden'];
const NOUNS = ['Companion', 'Handbook', 'Kit', 'Story', 'Collection', 'Guide', 'Set', 'Edition'];
const TAGS_PER_TOPIC = 8;

/** One direction of the latent space, with the words that its items carry. */
export interface Topic {
  readonly name: string;
  /** Unit vector, [latentDimension]. */
  readonly vector: Float32Array;
  readonly tags: readonly string[];
  /** Typical price. */
  readonly priceBase: number;
}

/** Makes the topics; O(topicCount · latentDimension). */
export function makeTopics(seed: number, topicCount: number, latentDimension: number): readonly Topic[] {
  return Array.from({ length: topicCount }, (_, index) => {
    const random = seededRandom(seedOf(seed, 'topic', index));
    const round = Math.floor(index / NAMES.length);
    const name = `${NAMES[index % NAMES.length]}${round > 0 ? `-${round + 1}` : ''}`;
    return {
      name,
      vector: normalise(Float32Array.from({ length: latentDimension }, () => gaussian(random))),
      tags: Array.from({ length: TAGS_PER_TOPIC }, (_unused, tag) => `${name}-${tag + 1}`),
      priceBase: 5 + 45 * random(),
    };
  });
}

/** A title that names its topics: what content features can learn from. */
export function titleOf(main: Topic, second: Topic, index: number, random: () => number): string {
  const adjective = ADJECTIVES[Math.floor(random() * ADJECTIVES.length)];
  const noun = NOUNS[Math.floor(random() * NOUNS.length)];
  const subject = main === second ? main.name : `${main.name} and ${second.name}`;
  return `${adjective} ${subject} ${noun} ${index + 1}`;
}
