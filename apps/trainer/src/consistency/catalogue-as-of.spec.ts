import { itemId, ordinal, userId, type CatalogChange, type Description } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { CatalogueAsOf } from './catalogue-as-of';

const description = {
  items: { attributes: [{ name: 'title', type: 'text' }], titleAttribute: 'title' },
} as Pick<Description, 'items'>;

const upsert = (number: number, title: string, changedAtMs: number): CatalogChange => ({
  kind: 'item-upserted',
  item: {
    ...{ ordinal: ordinal(number), itemId: itemId(`i${number}`), attributes: { title }, available: true },
    firstSeenAtMs: 0,
  },
  changedAtMs,
});

const country = (to: string, changedAtMs: number): CatalogChange => ({
  kind: 'user-upserted',
  userId: userId('ada'),
  attributes: { country: to },
  changedAtMs,
});

async function* changes() {
  yield [upsert(1, 'one', 10), upsert(2, 'two', 20), country('PT', 25)];
  yield [
    upsert(1, 'one anew', 30),
    { kind: 'item-deleted', ordinal: ordinal(2), itemId: itemId('i2'), changedAtMs: 40 } as CatalogChange,
    country('NL', 45),
    upsert(2, 'two is back', 50),
  ];
}

describe('the catalogue as of a moment', () => {
  it('is the same whether it is reached forwards or backwards', async () => {
    const catalogue = await CatalogueAsOf.read(changes(), description);
    const titles = (timeMs: number): (string | null)[] => {
      catalogue.moveTo(timeMs);
      return [1, 2].map((each) => (catalogue.items.has(each) ? catalogue.items.title(each) : null));
    };
    const expected = new Map<number, (string | null)[]>([
      [5, [null, null]],
      [10, ['one', null]],
      [29, ['one', 'two']],
      [30, ['one anew', 'two']],
      [40, ['one anew', null]],
      [99, ['one anew', 'two is back']],
    ]);
    for (const [timeMs, there] of expected) expect(titles(timeMs)).toEqual(there);
    for (const [timeMs, there] of [...expected].reverse()) expect(titles(timeMs)).toEqual(there);
    expect(titles(30)).toEqual(['one anew', 'two']);
  });

  it('knows what a user was like then', async () => {
    const catalogue = await CatalogueAsOf.read(changes(), description);
    expect([24, 25, 99].map((timeMs) => catalogue.userAttributes(userId('ada'), timeMs))).toEqual([
      {},
      { country: 'PT' },
      { country: 'NL' },
    ]);
    expect(catalogue.userAttributes(userId('ben'), 99)).toEqual({});
  });
});
