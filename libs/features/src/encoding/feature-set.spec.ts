import { describe, expect, it } from 'vitest';
import { film, filmCatalogue, FILM_ATTRIBUTES, FILM_DESCRIPTION } from '../catalogue.fixture';
import { ItemTable } from '../items/item-table';
import { FeatureSet, type FeatureSetJson } from './feature-set';

const denseOf = (set: FeatureSet, items: ItemTable, ordinal: number): Float32Array => {
  const out = new Float32Array(set.itemDenseCount + 2).fill(9);
  set.itemDense(items, ordinal, out, 1);
  expect([out[0], out[out.length - 1]]).toEqual([9, 9]);
  return out.slice(1, -1);
};

describe('FeatureSet', () => {
  it('keeps its meaning from release to release: golden values', () => {
    const items = new ItemTable(FILM_ATTRIBUTES, 'title');
    items.upsert(film(0, { title: 'Night River', genres: ['drama', 'horror'], price: 10, look: [1, 2, 3] }));
    items.upsert(film(1, { title: 'Night', genres: ['comedy'], studio: 'Toho', price: 20 }));
    const set = FeatureSet.compile(FILM_DESCRIPTION, items);
    const { rows, weights } = set.itemContent(items, 0);
    expect({ rows: Array.from(rows), weights: Array.from(weights) }).toMatchInlineSnapshot(`
      {
        "rows": [
          54,
          20,
          122,
          93,
        ],
        "weights": [
          0.5,
          0.5,
          0.5,
          0.5,
        ],
      }
    `);
    expect(Array.from(denseOf(set, items, 0))).toEqual([-1, 0, 0, 1, 1, 2, 3]);
    expect(Array.from(denseOf(set, items, 1))).toEqual([1, 0, 0, 1, 0, 0, 0]);
    expect([set.hash, set.contentRowCount, set.profileRowCount]).toMatchInlineSnapshot(`
      [
        "285504e1de7d92671447bb1ae02dfd7156df352f5ab6444a478c7b8ca8864c25",
        192,
        2859,
      ]
    `);
    expect(set.rankingFeatureNames).toMatchInlineSnapshot(`
      [
        "tower-score",
        "tower-score-present",
        "trending-fast",
        "trending-slow",
        "popularity",
        "momentum-fast",
        "momentum-slow",
        "item-age",
        "since-item-event",
        "item-has-events",
        "neighbour-sum",
        "neighbour-best",
        "neighbour-newest",
        "linear-sum",
        "linear-recent",
        "history-length",
        "since-user-event",
        "history-cosine-max",
        "history-cosine-mean",
        "seed-cosine",
        "seed-neighbour",
        "genres.affinity",
        "genres.recent-affinity",
        "genres.recent-lift",
        "studio.affinity",
        "studio.recent-affinity",
        "studio.recent-lift",
        "price.value",
        "price.above-habit",
        "price.off-habit",
        "released.value",
        "released.above-habit",
        "released.off-habit",
      ]
    `);
  });

  it('transforms in serving as in training: set and table read back from a release agree to the byte', () => {
    const items = filmCatalogue(200);
    const set = FeatureSet.compile(FILM_DESCRIPTION, items, { characterTrigrams: true });
    const served = FeatureSet.fromJSON(JSON.parse(JSON.stringify(set)) as FeatureSetJson);
    const servedItems = ItemTable.fromTensors(items.toTensors());
    expect(served.hash).toBe(set.hash);
    expect(served.contentRowCount).toBe(set.contentRowCount);
    for (let ordinal = 0; ordinal < 200; ordinal += 1) {
      expect(served.itemContent(servedItems, ordinal)).toEqual(set.itemContent(items, ordinal));
      expect(denseOf(served, servedItems, ordinal)).toEqual(denseOf(set, items, ordinal));
    }
  });

  it('has a hash of what it is, not of what it was measured on', () => {
    const set = FeatureSet.compile(FILM_DESCRIPTION, filmCatalogue(20, 1));
    const other = FeatureSet.compile(FILM_DESCRIPTION, filmCatalogue(500, 2));
    expect(other.contentRowCount).not.toBe(set.contentRowCount);
    expect(other.hash).toBe(set.hash);
    expect(FeatureSet.hashOf(FILM_DESCRIPTION)).toBe(set.hash);
  });

  it('has another hash as soon as anything means something else', () => {
    const hash = FeatureSet.hashOf(FILM_DESCRIPTION);
    const { items, users, events, training } = FILM_DESCRIPTION;
    const changed = [
      { ...FILM_DESCRIPTION, items: { attributes: items.attributes.slice(1) } },
      { ...FILM_DESCRIPTION, users: { attributes: [] } },
      { ...FILM_DESCRIPTION, events: [...events].reverse() },
      { ...FILM_DESCRIPTION, training: { ...training, trendingHalfLifeHours: [24, 241] as const } },
    ];
    for (const description of changed) expect(FeatureSet.hashOf(description)).not.toBe(hash);
    expect(FeatureSet.hashOf(FILM_DESCRIPTION, { characterTrigrams: true })).not.toBe(hash);
    expect(FeatureSet.hashOf({ ...FILM_DESCRIPTION, users: { ...users }, namespace: 'other' })).toBe(hash);
  });

  it('lets every field of an item weigh one, however many values it has', () => {
    const items = filmCatalogue(50);
    const set = FeatureSet.compile(FILM_DESCRIPTION, items);
    for (let ordinal = 0; ordinal < 50; ordinal += 1) {
      const { rows, weights } = set.itemContent(items, ordinal);
      // title, genres and studio are always there in this catalogue
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(items.has(ordinal) ? 3 : 0, 5);
      for (const row of rows) expect(row).toBeLessThan(set.contentRowCount);
    }
  });

  it('places an item with values that were unknown when it was compiled', () => {
    const items = filmCatalogue(20);
    const set = FeatureSet.compile(FILM_DESCRIPTION, items);
    items.upsert(film(30, { title: 'Zebra', genres: ['western'], price: 1e12, released: -5 }));
    expect(set.itemContent(items, 30).rows).toHaveLength(2);
    expect(denseOf(set, items, 30).every(Number.isFinite)).toBe(true);
    expect(set.itemContent(items, 4_000).rows).toHaveLength(0);
  });

  it('refuses a file whose definition was changed behind its hash', () => {
    const json = FeatureSet.compile(FILM_DESCRIPTION, filmCatalogue(10)).toJSON();
    const definition = { ...json.definition, trendingHalfLifeHours: [1, 2] };
    expect(() => FeatureSet.fromJSON({ ...json, definition })).toThrow('does not match its hash');
  });
});
