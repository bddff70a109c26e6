import { seededRandom } from '@winnow/domain';
import { RowGradients, startBackend } from '@winnow/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { INVISIBLE } from '../items/recency';
import { allOrdinals, content, EVENT_TYPES, ITEMS, plantedEvents, profile } from '../planted-world.fixture';
import { packBatches, planUnits } from './batch-plan';
import { logInclusionProbability, samplingDistribution } from './negative-sampling';
import { TrainingBatch } from './training-batch';
import { buildTrainingFrame } from './training-frame';
import { TwoTower } from './two-tower';
import { twoTowerLossAndGradients } from './two-tower-loss';

const HISTORY_MAX = 4;

function setUp() {
  const events = plantedEvents(6, 6);
  const frame = buildTrainingFrame({
    events,
    eventTypes: EVENT_TYPES,
    historyCountMax: HISTORY_MAX,
    profileSource: profile,
  });
  const model = TwoTower.create(
    {
      ...{ dimension: 4, attentionSize: 3, profileSize: 2, hiddenSize: 5 },
      ...{ historyCountMax: HISTORY_MAX, eventTypeCount: 2, temperature: 0.5 },
    },
    { content, profile },
    1,
  );
  const { items, tables, weights, config } = model.parts;
  items.admit(frame.ordinals, seededRandom(2));
  const distribution = samplingDistribution({
    pairOrdinals: frame.pairOrdinals,
    catalogue: allOrdinals(),
    ordinalLimit: ITEMS,
  });
  const batch = new TrainingBatch({
    ...{ frame, items, tables, distribution, historyCountMax: HISTORY_MAX },
    ...{ uniformCount: 6, idDropShare: 0.2, ordinalLimit: ITEMS },
  });
  const units = planUnits({ frame, unitSize: 4, accept: () => true });
  const evaluate = async () => {
    const matrices = batch.assemble(units, seededRandom(9));
    return { matrices, ...(await twoTowerLossAndGradients(weights, matrices, config)) };
  };
  return { frame, model, batch, units, evaluate, distribution };
}

describe('a training batch', () => {
  beforeAll(async () => {
    await startBackend({ forced: 'wasm' });
  });

  it('routes slopes to exactly the rows that finite differences say', async () => {
    const { model, batch, evaluate } = setUp();
    const { items, tables } = model.parts;
    const { gradients } = await evaluate();
    const { slots, last, profile: profileSlopes, bias, items: itemSlopes } = gradients;
    const itemGradients = items.createGradients();
    const tableGradients = {
      slots: new RowGradients(tables.slots.rowCount, 4),
      recency: new RowGradients(tables.recency.rowCount, 1),
      profile: new RowGradients(tables.profile.rowCount, 2),
    };
    batch.takeApart(
      { slots, last, profile: profileSlopes, bias, items: itemSlopes },
      { items: itemGradients, tables: tableGradients },
    );
    const stored = items.toTensors();
    const checks = [
      { name: 'ids', values: stored['items/ids'].data, rows: itemGradients.ids, dim: 4, every: 7 },
      {
        name: 'contents',
        values: stored['items/contents'].data,
        rows: itemGradients.contents,
        dim: 4,
        every: 1,
      },
      { name: 'slots', values: tables.slots.values, rows: tableGradients.slots, dim: 4, every: 1 },
      { name: 'recency', values: tables.recency.values, rows: tableGradients.recency, dim: 1, every: 1 },
      { name: 'profile', values: tables.profile.values, rows: tableGradients.profile, dim: 2, every: 1 },
    ];
    for (const { name, values, rows, dim, every } of checks) {
      const expected: { at: number; slope: number }[] = [];
      rows.forEach((row, sums, offset) => {
        if (row % every === 0) expected.push({ at: row * dim, slope: sums[offset] });
      });
      expect(expected.length, name).toBeGreaterThan(0);
      for (const { at, slope } of expected) {
        const original = values[at];
        const step = 0.004;
        values[at] = original + step;
        const above = (await evaluate()).loss;
        values[at] = original - step;
        const below = (await evaluate()).loss;
        values[at] = original;
        const difference = (above - below) / (2 * step);
        expect(Math.abs(slope - difference), `${name}[${at}]`).toBeLessThan(
          0.01 + 0.02 * Math.abs(difference),
        );
      }
    }
  });

  it('shows a query nothing that is not strictly older', () => {
    const { frame, batch, units } = setUp();
    const matrices = batch.assemble(units, seededRandom(9));
    for (let query = 0; query < frame.queryCount; query += 1)
      for (let event = frame.historyFrom[query]; event < frame.historyTo[query]; event += 1)
        expect(frame.timesMs[event]).toBeLessThan(frame.queryTimesMs[query]);
    const visible = matrices.bias.filter((value) => value > INVISIBLE / 2).length;
    const expected = Array.from(frame.historyFrom, (from, query) => frame.historyTo[query] - from + 1);
    expect(visible).toBe(expected.reduce((sum, count) => sum + count, 0));
  });

  it('never takes what a user has taken for a negative of that user, save the target itself', () => {
    const { frame, batch, units } = setUp();
    const { adjustment, targets, pairCount, columnCount } = batch.assemble(units, seededRandom(9));
    for (let pair = 0; pair < pairCount; pair += 1)
      expect(adjustment[pair * columnCount + targets[pair]]).toBeGreaterThan(INVISIBLE);
    // Every user took six items, one of which is the pair's own target.
    const hidden = adjustment.filter((value) => value === Math.fround(INVISIBLE)).length;
    expect(hidden).toBe(frame.pairOrdinals.length * 5);
  });
});

describe('batches', () => {
  it('hold every pair once, and never much more than asked for', () => {
    const { frame, units } = setUp();
    const batches = packBatches(units, { batchSize: 8, random: seededRandom(1) });
    const pairs = batches.flatMap((batch) =>
      batch.flatMap(({ pairFrom, pairTo }) =>
        Array.from({ length: pairTo - pairFrom }, (_, at) => pairFrom + at),
      ),
    );
    expect(pairs.sort((left, right) => left - right)).toEqual([...frame.pairOrdinals.keys()]);
    for (const batch of batches)
      expect(batch.reduce((sum, { pairFrom, pairTo }) => sum + pairTo - pairFrom, 0)).toBeLessThanOrEqual(8);
  });

  it('cut a moment with more pairs than a unit holds, each part seeing the same history', () => {
    const moment = { users: [0, 0, 0, 0, 0, 0], ordinals: [0, 1, 2, 3, 4, 5], times: [1, 9, 9, 9, 9, 9] };
    const frame = buildTrainingFrame({
      events: {
        count: 6,
        users: Uint32Array.from(moment.users),
        ordinals: Uint32Array.from(moment.ordinals),
        eventTypes: new Uint8Array(6),
        timesMs: Float64Array.from(moment.times),
        values: new Float32Array(6),
        userIds: ['user'],
      },
      eventTypes: EVENT_TYPES,
      historyCountMax: 10,
      profileSource: profile,
    });
    const units = planUnits({ frame, unitSize: 2, accept: (query) => query === 1 });
    expect(units.map(({ pairFrom, pairTo }) => [pairFrom, pairTo])).toEqual([
      [1, 3],
      [3, 5],
      [5, 6],
    ]);
    expect(new Set(units.map(({ slotFrom, slotTo }) => `${slotFrom}-${slotTo}`))).toEqual(new Set(['0-1']));
  });
});

describe('logQ correction', () => {
  const distribution = samplingDistribution({
    pairOrdinals: Uint32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
    catalogue: Uint32Array.of(0, 1, 2),
    ordinalLimit: 3,
  });
  const correction = (ordinal: number): number =>
    -logInclusionProbability(distribution, { ordinal, pairCount: 4, uniformCount: 1 });

  it('raises rare items over popular ones, so that being a frequent negative does not push an item down', () => {
    expect(correction(0)).toBeLessThan(correction(1));
    expect(correction(1)).toBeLessThan(correction(2));
    expect(correction(0)).toBeGreaterThan(0);
  });

  it('is the logarithm of the chance to be drawn', () => {
    const expected = 4 * 0.1 + 1 / 3;
    expect(correction(1)).toBeCloseTo(-Math.log(1 - Math.exp(-expected)), 6);
  });
});
