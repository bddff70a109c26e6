import { itemId } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { film, filmCatalogue, FILM_ATTRIBUTES } from '../catalogue.fixture';
import { ItemTable } from './item-table';

const FULL = {
  title: 'Été à Pékin 北京',
  genres: ['drama', 'romance'],
  studio: 'Toho',
  price: 9.99,
  released: 1_700_000_000_123,
  look: [0.5, -1, 2],
};

describe('ItemTable', () => {
  it('returns an item just as it was upserted', () => {
    const table = new ItemTable(FILM_ATTRIBUTES, 'title');
    table.upsert({ ...film(3, FULL), available: false });
    expect(table.attributes(3)).toEqual(FULL);
    expect(table.title(3)).toBe(FULL.title);
    expect(table.itemId(3)).toBe('film-3');
    expect(table.ordinalOf(itemId('film-3'))).toBe(3);
    expect(table.firstSeenAtMs(3)).toBe(1_003);
    expect(table.has(3)).toBe(true);
    expect(table.isAvailable(3)).toBe(false);
    expect([table.count, table.ordinalLimit]).toEqual([1, 4]);
  });

  it('answers for ordinals that it has never met', () => {
    const table = new ItemTable(FILM_ATTRIBUTES, 'title');
    table.upsert(film(1, FULL));
    for (const ordinal of [0, 2, 4_000_000_000]) {
      expect(table.has(ordinal)).toBe(false);
      expect(table.isAvailable(ordinal)).toBe(false);
      expect(table.itemId(ordinal)).toBeNull();
      expect(table.attributes(ordinal)).toEqual({});
      expect(table.title(ordinal)).toBeNull();
      expect(table.number('price', ordinal)).toBeNaN();
      expect(table.embedding('look', ordinal)).toBeNull();
      expect(Array.from(table.categoryCodes('genres', ordinal))).toEqual([]);
      expect(table.version(ordinal)).toBe(0);
    }
  });

  it('replaces the whole item at the next upsert, and drops what is null', () => {
    const table = new ItemTable(FILM_ATTRIBUTES, 'title');
    table.upsert(film(0, FULL));
    table.upsert(film(0, { title: 'Short', price: null }));
    expect(table.attributes(0)).toEqual({ title: 'Short' });
    expect(table.version(0)).toBe(2);
    expect(table.count).toBe(1);
  });

  it('leaves out values that do not fit their definition instead of storing them', () => {
    const table = new ItemTable(FILM_ATTRIBUTES);
    table.upsert(
      film(0, { title: 5, genres: 'drama', price: NaN, released: 'now', look: [1, 2], other: 'x' }),
    );
    expect(table.attributes(0)).toEqual({});
  });

  it('gives codes that mean the same value for as long as it lives, and after a reload', () => {
    const table = new ItemTable(FILM_ATTRIBUTES);
    table.upsert(film(0, { genres: ['drama', 'horror'] }));
    table.upsert(film(1, { genres: ['horror'] }));
    const reloaded = ItemTable.fromTensors(table.toTensors());
    reloaded.upsert(film(2, { genres: ['comedy', 'drama'] }));
    expect(Array.from(reloaded.categoryCodes('genres', 1))).toEqual([1]);
    expect(Array.from(reloaded.categoryCodes('genres', 2))).toEqual([2, 0]);
    expect(reloaded.categoryColumn('genres').label(2)).toBe('comedy');
  });

  it('forgets a removed item, whose id may come back under a new ordinal', () => {
    const table = new ItemTable(FILM_ATTRIBUTES, 'title');
    table.upsert(film(0, FULL, 'a'));
    table.remove(0);
    table.remove(0);
    expect(table.has(0)).toBe(false);
    expect(table.attributes(0)).toEqual({});
    expect(table.ordinalOf(itemId('a'))).toBeNull();
    expect(table.count).toBe(0);
    expect(table.version(0)).toBe(2);
    table.upsert(film(1, FULL, 'a'));
    expect(table.ordinalOf(itemId('a'))).toBe(1);
    expect(table.itemId(0)).toBeNull();
  });

  it('moves an id whose removal was never heard of', () => {
    const table = new ItemTable(FILM_ATTRIBUTES, 'title');
    table.upsert(film(0, FULL, 'a'));
    table.upsert(film(7, FULL, 'a'));
    expect(table.ordinalOf(itemId('a'))).toBe(7);
    expect(table.has(0)).toBe(false);
    expect(table.count).toBe(1);
  });

  it('reads back from tensors what it wrote, and goes on from there', () => {
    const table = filmCatalogue(300);
    table.remove(10);
    const read = ItemTable.fromTensors(table.toTensors());
    expect(read.definitions).toEqual(FILM_ATTRIBUTES);
    expect([read.count, read.ordinalLimit]).toEqual([table.count, table.ordinalLimit]);
    for (let ordinal = 0; ordinal < 300; ordinal += 1) {
      expect(read.attributes(ordinal)).toEqual(table.attributes(ordinal));
      expect(read.itemId(ordinal)).toBe(table.itemId(ordinal));
      expect(read.isAvailable(ordinal)).toBe(table.isAvailable(ordinal));
      expect(read.firstSeenAtMs(ordinal)).toEqual(table.firstSeenAtMs(ordinal));
    }
    read.upsert(film(5_000, FULL));
    expect(read.attributes(5_000)).toEqual(FULL);
    expect(read.has(4_999)).toBe(false);
    expect(table.has(5_000)).toBe(false);
  });

  it('names the tensor that a damaged file lacks', () => {
    const file = filmCatalogue(10).toTensors();
    const { flags: _, ...tensors } = file.tensors;
    expect(() => ItemTable.fromTensors({ ...file, tensors })).toThrow('tensor flags is missing');
    expect(() => ItemTable.fromTensors({ tensors: {}, metadata: {} })).toThrow('metadata items is missing');
  });

  it('refuses an ordinal that would exhaust memory', () => {
    expect(() => new ItemTable(FILM_ATTRIBUTES).upsert(film(2 ** 31, {}))).toThrow('is not in [0,');
  });
});
