import { gaussian, seededRandom } from '@winnow/domain';
import { FeatureSet, ItemTable } from '@winnow/features';
import type { Description } from '@winnow/domain';
import { startBackend } from '@winnow/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { catalogueContent } from '../content-source';
import {
  allOrdinals,
  clusterOf,
  EVENT_TYPES,
  ITEMS,
  nearest,
  plantedEvents,
  profile,
} from '../planted-world.fixture';
import { trainTwoTower } from './train-two-tower';

const VECTOR_SIZE = 6;
/** In the catalogue with a vector, but in nobody's history. */
const UNSEEN = [76, 77, 78, 79];

/** Items whose only attribute is a vector that somebody else computed: a noisy direction per cluster. */
function catalogue(): { items: ItemTable; featureSet: FeatureSet } {
  const attributes = [{ name: 'look', type: 'embedding', dimension: VECTOR_SIZE }] as const;
  const items = new ItemTable([...attributes]);
  const random = seededRandom(5);
  for (let item = 0; item < ITEMS; item += 1)
    items.upsert({
      ordinal: item,
      itemId: `item-${item}`,
      attributes: {
        look: Array.from(
          { length: VECTOR_SIZE },
          (_, axis) => (axis === clusterOf(item) ? 1 : 0) + 0.1 * gaussian(random),
        ),
      },
    } as never);
  const featureSet = FeatureSet.compile(
    {
      items: { attributes },
      users: { attributes: [] },
      events: EVENT_TYPES,
      training: { trendingHalfLifeHours: [48, 336] },
    } as unknown as Description,
    items,
  );
  return { items, featureSet };
}

describe('item vectors that a user brings', () => {
  beforeAll(async () => {
    await startBackend({ forced: 'wasm' });
  });

  it('place an item that nobody has taken beside its like', async () => {
    const { items, featureSet } = catalogue();
    const events = plantedEvents(120, 8);
    for (let event = 0; event < events.count; event += 1)
      // Unseen items' events go to their neighbours in the cluster.
      if (UNSEEN.includes(events.ordinals[event])) events.ordinals[event] -= 40;
    const { model } = await trainTwoTower({
      events,
      eventTypes: EVENT_TYPES,
      sources: { content: catalogueContent(featureSet, items), profile },
      catalogue: allOrdinals(),
      ...{ seed: 11, dimension: 16, historyCountMax: 10, epochsMax: 6, batchSize: 64, learningRate: 0.01 },
      ...{ temperature: 0.1, uniformNegativeCount: 32, idDropShare: 0.2, validationShare: 0.15 },
    });
    const vectors = await model.encodeItems(allOrdinals());
    for (const unseen of UNSEEN) {
      expect(model.isTrainedOn(unseen)).toBe(false);
      const own = vectors.subarray(unseen * 16, unseen * 16 + 16);
      const like = nearest(own, vectors, 10).filter((item) => clusterOf(item) === clusterOf(unseen));
      expect(like.length).toBeGreaterThanOrEqual(9);
    }
  });
});
