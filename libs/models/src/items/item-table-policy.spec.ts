import { seededRandom } from '@winnow/domain';
import { startBackend } from '@winnow/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { allOrdinals, content, EVENT_TYPES, ITEMS, plantedEvents, profile } from '../planted-world.fixture';
import { trainTwoTower } from '../two-tower/train-two-tower';
import type { TwoTower } from '../two-tower/two-tower';
import { ItemRepresentation } from './item-representation';
import { DEFAULT_ITEM_TABLE, itemActivity, planItemRows } from './item-table-policy';
import type { ItemTablePolicy } from './item-table-policy';

const DAY_MS = 86_400_000;
const policy = (more: Partial<ItemTablePolicy>): ItemTablePolicy => ({ ...DEFAULT_ITEM_TABLE, ...more });

describe('planItemRows', () => {
  // Item 0 three times, lately; item 1 once; item 2 twice, long ago; item 4 never.
  const activity = itemActivity(
    {
      count: 6,
      ordinals: Uint32Array.of(2, 2, 0, 0, 1, 0),
      timesMs: Float64Array.of(0, 1, 98, 99, 99, 100).map((days) => days * DAY_MS),
    },
    4,
  );
  const plan = (more: Partial<ItemTablePolicy>, known: number[] = []) =>
    planItemRows({
      activity,
      policy: policy(more),
      hasRow: (ordinal) => known.includes(ordinal),
      ordinalLimit: 6,
      nowMs: 100 * DAY_MS,
    });

  it('admits everything that was seen, by default, and expires nothing', () =>
    expect(plan({}, [5])).toEqual({ admit: [0, 1, 2], expire: [] }));

  it('admits only what was seen often enough', () =>
    expect(plan({ admitAfterCount: 2 })).toEqual({ admit: [0, 2], expire: [] }));

  it('expires what was not seen for too long, and does not admit it', () =>
    expect(plan({ expireAfterDays: 30 }, [2, 5])).toEqual({ admit: [0, 1], expire: [2, 5] }));
});

describe.each([
  ['a direct table', policy({})],
  ['a table with admission', policy({ admitAfterCount: 2 })],
  ['a hashed table', policy({ kind: 'hashed', rowCount: 50 })],
])('an item representation on %s', (_name, chosen) => {
  const create = (): ItemRepresentation =>
    ItemRepresentation.create({ dim: 4, source: content, random: seededRandom(1), policy: chosen });
  const written = (items: ItemRepresentation, ordinal: number): Float32Array => {
    const out = new Float32Array(4);
    items.write(ordinal, out, 0);
    return out;
  };

  it('tells admitted items apart and places others by content', () => {
    const items = create();
    // These share their content's row; their numbers differ.
    const unknown = written(items, 3);
    items.admit([3, 7], seededRandom(2));
    expect(items.hasRow(3)).toBe(true);
    expect(written(items, 3)).not.toEqual(unknown);
    items.expire([3], seededRandom(3));
    expect(items.hasRow(3)).toBe(false);
    expect(written(items, 3)).toEqual(unknown);
  });

  it('moves an item along its slope, and back with the snapshot', () => {
    const items = create();
    items.admit([3, 7], seededRandom(2));
    const before = written(items, 3);
    const gradients = items.createGradients();
    const snapshot = items.snapshot();
    const slope = Float32Array.of(1, -1, 1, -1);
    // The content is learnt with the first visit, as in a training batch.
    items.writeForTraining({ ordinal: 3, withoutId: false, out: new Float32Array(4), offset: 0 });
    items.addGradient(gradients, { ordinal: 3, withoutId: false, slope, offset: 0 });
    items.apply(gradients, { ids: 0.1, contents: 0 });
    const rowsOfAnItem = chosen.kind === 'hashed' ? 2 : 1;
    written(items, 3).forEach((value, column) =>
      expect(value).toBeCloseTo(before[column] - 0.1 * rowsOfAnItem * slope[column], 5),
    );
    items.restore(snapshot);
    expect(written(items, 3)).toEqual(before);
  });

  it('is the same after saving and loading', () => {
    const items = create();
    items.admit([3, 7, 70], seededRandom(2));
    const loaded = ItemRepresentation.fromTensors(items.toTensors(), 4, content);
    for (const ordinal of [3, 7, 8, 70, 4_000_000]) {
      expect(loaded.hasRow(ordinal)).toBe(items.hasRow(ordinal));
      expect(written(loaded, ordinal)).toEqual(written(items, ordinal));
    }
    const bare = ItemRepresentation.fromTensors(
      ItemRepresentation.contentOnlyTensors(items.toTensors()),
      4,
      content,
    );
    expect(bare.hasRow(3)).toBe(false);
    expect(written(bare, 8)).toEqual(written(items, 8));
  });
});

describe('a two-tower model', () => {
  beforeAll(async () => {
    await startBackend({ forced: 'wasm' });
  });
  const train = (itemTable: Partial<ItemTablePolicy>, more: { from?: TwoTower } = {}) =>
    trainTwoTower({
      events: plantedEvents(120, 8),
      eventTypes: EVENT_TYPES,
      sources: { content, profile },
      catalogue: allOrdinals(),
      itemTable: policy(itemTable),
      ...{ seed: 11, dimension: 16, historyCountMax: 10, epochsMax: 4, batchSize: 64, learningRate: 0.01 },
      ...{ temperature: 0.1, uniformNegativeCount: 32, validationShare: 0.15 },
      ...more,
    });

  it('learns with two hashed rows an item as it does with a row each', async () => {
    const [direct, hashed] = [
      (await train({})).report,
      (await train({ kind: 'hashed', rowCount: 64 })).report,
    ];
    expect(hashed.losses[3]).toBeLessThan(0.8 * hashed.losses[0]);
    expect(hashed.metrics['twoTower.validation']).toBeGreaterThan(
      0.9 * direct.metrics['twoTower.validation'],
    );
  });

  it('gives no rows to items that are too rare', async () => {
    const counts = itemActivity(plantedEvents(120, 8), ITEMS).counts;
    const middle = counts.slice().sort()[ITEMS / 2];
    const { model } = await train({ admitAfterCount: middle });
    for (const ordinal of allOrdinals()) expect(model.isTrainedOn(ordinal)).toBe(counts[ordinal] >= middle);
  });
});
