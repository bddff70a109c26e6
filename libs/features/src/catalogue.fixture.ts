import {
  DEFAULT_GATE,
  itemId,
  ordinal,
  seededRandom,
  type AttributeDefinition,
  type Attributes,
  type CatalogItem,
  type Description,
} from '@winnow/domain';
import { ItemTable } from './items/item-table';

export const FILM_ATTRIBUTES: readonly AttributeDefinition[] = [
  { name: 'title', type: 'text' },
  { name: 'genres', type: 'categories' },
  { name: 'studio', type: 'category' },
  { name: 'price', type: 'number' },
  { name: 'released', type: 'timestamp' },
  { name: 'look', type: 'embedding', dimension: 3 },
];

export const FILM_DESCRIPTION: Description = {
  namespace: 'films',
  items: { attributes: FILM_ATTRIBUTES, titleAttribute: 'title' },
  users: {
    attributes: [
      { name: 'plan', type: 'category' },
      { name: 'age', type: 'number' },
    ],
  },
  events: [
    { name: 'watch', sentiment: 'positive', value: 1, countsAsSeen: true },
    { name: 'open', sentiment: 'neutral', value: 0, countsAsSeen: false },
    { name: 'dislike', sentiment: 'negative', value: 0, countsAsSeen: true },
  ],
  objectives: [],
  surfaces: [],
  training: {
    seed: 1,
    dimension: 4,
    historyCountMax: 3,
    trendingHalfLifeHours: [24, 240],
    twoTower: {
      ...{ epochsMax: 1, batchSize: 1, learningRate: 1, temperature: 1, uniformNegativeCount: 0 },
      spareNewItems: false,
    },
    itemTable: { kind: 'direct', rowCount: 1000, admitAfterCount: 1, expireAfterDays: 0 },
    linearWeights: { regularisation: 200, itemCountMax: 100 },
    warmStart: false,
    ranker: {
      epochsMax: 1,
      windowShare: 0.1,
      queryCountMax: 1,
      candidateCount: 1,
      labelHorizonHours: 1,
      newUserShare: 0,
      retrievedPerShown: 1,
      learningRate: 1,
    },
    heavyRanker: { architecture: 'wide-attentive-cross', rankingLoss: 'listwise', calibrate: false },
    index: { m: 16, efConstruction: 100, recallMin: 0.9, shards: 1 },
  },
  retraining: { cron: '0 3 * * *', windowDays: 0, ndcgDropMax: 0.05, gate: DEFAULT_GATE },
  slateLog: { traceShare: 0, retentionDays: 90 },
};

export const film = (position: number, attributes: Attributes, id = `film-${position}`): CatalogItem => ({
  ordinal: ordinal(position),
  itemId: itemId(id),
  attributes,
  available: true,
  firstSeenAtMs: 1_000 + position,
});

const TITLE_WORDS = ['Night', 'of', 'the', 'Living', 'River', 'Été', '北京', 'Return'];
const GENRES = ['drama', 'comedy', 'horror', 'romance'];

/** Films with and without each attribute; every fifth ordinal is missing. */
export function filmCatalogue(size: number, seed = 7): ItemTable {
  const random = seededRandom(seed);
  const pick = (from: readonly string[]): string => from[Math.floor(random() * from.length)];
  const table = new ItemTable(FILM_ATTRIBUTES, 'title');
  for (let position = 0; position < size; position += 1) {
    if (position % 5 === 4) continue;
    const attributes: Record<string, Attributes[string]> = {
      title: `${pick(TITLE_WORDS)} ${pick(TITLE_WORDS)} ${position}`,
      genres: [...new Set([pick(GENRES), pick(GENRES)])],
      studio: pick(['A24', 'Mosfilm', 'Toho']),
    };
    if (random() < 0.8) attributes['price'] = Math.floor(random() * 2_000) / 100;
    if (random() < 0.8) attributes['released'] = Math.floor(random() * 1e12);
    if (random() < 0.5) attributes['look'] = [random(), random(), random()].map(Math.fround);
    table.upsert(film(position, attributes));
  }
  return table;
}
