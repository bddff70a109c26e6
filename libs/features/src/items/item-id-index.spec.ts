import { seededRandom } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { ItemIdIndex } from './item-id-index';

describe('ItemIdIndex', () => {
  it('agrees with a Map over random insertions and deletions', () => {
    const random = seededRandom(11);
    const index = ItemIdIndex.empty();
    const expected = new Map<string, number>();
    for (let ordinal = 0; ordinal < 5_000; ordinal += 1) {
      const id = `ítem-${ordinal.toString(36)}`;
      index.set(ordinal, id);
      expected.set(id, ordinal);
      if (random() < 0.4) {
        const victim = [...expected.keys()][Math.floor(random() * Math.min(50, expected.size))];
        index.delete(expected.get(victim)!);
        expected.delete(victim);
        expect(index.ordinalOf(victim)).toBeNull();
      }
    }
    for (const [id, ordinal] of expected) {
      expect(index.ordinalOf(id)).toBe(ordinal);
      expect(index.idOf(ordinal)).toBe(id);
    }
  });

  it('survives being written to tensors and read back', () => {
    const index = ItemIdIndex.empty();
    index.set(0, 'a');
    index.set(5, '日本語');
    index.set(2, 'gone');
    index.delete(2);
    const read = ItemIdIndex.fromTensors({ metadata: {}, tensors: index.toTensors('id', 6) }, 'id', 6);
    expect(read.ordinalOf('日本語')).toBe(5);
    expect(read.idOf(0)).toBe('a');
    expect(read.ordinalOf('gone')).toBeNull();
    expect(read.idOf(2)).toBeNull();
  });
});
