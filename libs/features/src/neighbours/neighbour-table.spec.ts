import { seededRandom } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { NeighbourTable, type NeighbourTableOptions } from './neighbour-table';
import type { InteractionColumns } from './user-histories';

type Event = readonly [user: number, ordinal: number, timeMs: number];

const columns = (events: readonly Event[]): InteractionColumns => ({
  users: Uint32Array.from(events, ([user]) => user),
  ordinals: Uint32Array.from(events, ([, ordinal]) => ordinal),
  timesMs: Float64Array.from(events, ([, , timeMs]) => timeMs),
});

function randomEvents(count: number, seed: number): Event[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, index) => [
    Math.floor(random() * 30),
    Math.floor(random() * random() * 60),
    Math.floor(index / 3),
  ]);
}

/** The definition, written out with maps and no bounds on anything but the options. */
function exactScores(
  events: readonly Event[],
  options: Required<NeighbourTableOptions>,
): Map<string, number> {
  const histories = new Map<number, Event[]>();
  for (const event of events) {
    const others = (histories.get(event[0]) ?? []).filter(([, ordinal]) => ordinal !== event[1]);
    histories.set(event[0], [...others, event]);
  }
  const counts = new Map<number, number>();
  const weights = new Map<string, number>();
  for (const whole of histories.values()) {
    const history = whole.slice(-options.historyCountMax);
    const moments = [...new Set(history.map(([, , timeMs]) => timeMs))];
    for (const [, ordinal] of history) counts.set(ordinal, (counts.get(ordinal) ?? 0) + 1);
    for (const [, from, fromMs] of history)
      for (const [, to, toMs] of history) {
        if (from === to) continue;
        const steps = moments.indexOf(toMs) - moments.indexOf(fromMs);
        const far = Math.max(0, Math.abs(steps) - 1);
        const near = options.farWeight + (1 - options.farWeight) * 2 ** (-far / options.halfLifeSteps);
        const key = `${from}>${to}`;
        weights.set(key, (weights.get(key) ?? 0) + (steps < 0 ? options.backwardWeight * near : near));
      }
  }
  for (const [key, weight] of weights) {
    const [from, to] = key.split('>').map(Number);
    const norm =
      counts.get(from)! ** (1 - options.popularityExponent) * counts.get(to)! ** options.popularityExponent;
    weights.set(key, weight / (norm + options.shrinkage));
  }
  return weights;
}

describe('NeighbourTable', () => {
  it('agrees with the definition written out', () => {
    const events = randomEvents(600, 4);
    const options = {
      historyCountMax: 8,
      neighbourCountMax: 1_000,
      farWeight: 0.2,
      halfLifeSteps: 2,
      backwardWeight: 0.3,
      shrinkage: 4,
      popularityExponent: 0.4,
    };
    const table = NeighbourTable.build(columns(events), options);
    const exact = exactScores(events, options);
    expect(table.pairCount).toBe(exact.size);
    for (let ordinal = 0; ordinal < table.ordinalLimit; ordinal += 1) {
      const { ordinals, scores } = table.neighbours(ordinal);
      ordinals.forEach((other, index) =>
        expect(scores[index]).toBeCloseTo(exact.get(`${ordinal}>${other}`)!, 5),
      );
    }
  });

  it('lists no neighbour twice, also where going back counts nothing', () => {
    const events = randomEvents(600, 6);
    const options = { backwardWeight: 0, farWeight: 0, neighbourCountMax: 1_000, historyCountMax: 200 };
    const table = NeighbourTable.build(columns(events), options);
    for (let ordinal = 0; ordinal < table.ordinalLimit; ordinal += 1) {
      const { ordinals, scores } = table.neighbours(ordinal);
      expect(new Set(ordinals).size).toBe(ordinals.length);
      for (const score of scores) expect(score).toBeGreaterThan(0);
    }
  });

  it('keeps the best neighbours of each item, best first', () => {
    const events = columns(randomEvents(600, 5));
    const all = NeighbourTable.build(events, { neighbourCountMax: 1_000 });
    const few = NeighbourTable.build(events, { neighbourCountMax: 5 });
    for (let ordinal = 0; ordinal < all.ordinalLimit; ordinal += 1) {
      expect(Array.from(few.neighbours(ordinal).ordinals)).toEqual(
        Array.from(all.neighbours(ordinal).ordinals.subarray(0, 5)),
      );
      const { scores } = all.neighbours(ordinal);
      for (let rank = 1; rank < scores.length; rank += 1)
        expect(scores[rank]).toBeLessThanOrEqual(scores[rank - 1]);
    }
  });

  it('points forwards rather than backwards, and to what came soon rather than late', () => {
    const table = NeighbourTable.build(
      columns([0, 1, 2].flatMap((user) => [0, 1, 2, 3].map((item): Event => [user, item, user * 10 + item]))),
      { shrinkage: 0 },
    );
    expect(Array.from(table.neighbours(1).ordinals)).toEqual([2, 3, 0]);
    expect(Array.from(table.neighbours(0).ordinals)).toEqual([1, 2, 3]);
  });

  it('treats items of one moment, such as one basket, alike', () => {
    const basket: Event[] = [0, 1].flatMap((user) => [0, 1, 2].map((item): Event => [user, item, user]));
    const table = NeighbourTable.build(columns(basket));
    for (const item of [0, 1, 2]) {
      const { scores } = table.neighbours(item);
      expect(scores[0]).toBe(scores[1]);
    }
  });

  it('trusts a pair seen often more than one seen once', () => {
    const often: Event[] = Array.from(
      { length: 20 },
      (_, user) =>
        [
          [user, 0, user * 2],
          [user, 1, user * 2 + 1],
        ] as Event[],
    ).flat();
    const once: Event[] = [
      [20, 0, 100],
      [20, 2, 101],
    ];
    const table = NeighbourTable.build(columns([...often, ...once]));
    expect(Array.from(table.neighbours(0).ordinals)).toEqual([1, 2]);
  });

  it('gives the same bytes each time, and after being written and read', () => {
    const events = columns(randomEvents(500, 6));
    const table = NeighbourTable.build(events);
    expect(NeighbourTable.build(events).toTensors()).toEqual(table.toTensors());
    expect(NeighbourTable.fromTensors(table.toTensors()).neighbours(3)).toEqual(table.neighbours(3));
  });

  it('has no neighbours for what it has not met, nor without events', () => {
    expect(NeighbourTable.build(columns([])).neighbours(0).ordinals).toHaveLength(0);
    expect(NeighbourTable.empty().neighbours(5).scores).toHaveLength(0);
    expect(NeighbourTable.build(columns([[0, 2, 0]])).neighbours(2).ordinals).toHaveLength(0);
  });

  it('refuses events that are not in time order', () => {
    const events = columns([
      [0, 0, 5],
      [0, 1, 4],
    ]);
    expect(() => NeighbourTable.build(events)).toThrow('ordered by time');
  });
});
