import { itemId, ordinal } from '@winnow/domain';
import { ItemTable } from '@winnow/features';
import { expect, it } from 'vitest';
import { offeredOrdinals } from './towers';

const DAY_MS = 86_400_000;

it('negatives are what somebody took, or left although it was there for a week', () => {
  const firstSeenDays = [0, 95, 80, 93.1, 120];
  const items = new ItemTable([], 'title');
  firstSeenDays.forEach((day, index) =>
    items.upsert({
      ...{ ordinal: ordinal(index), itemId: itemId(`i${index}`), attributes: {}, available: true },
      firstSeenAtMs: day * DAY_MS,
    }),
  );
  const events = {
    count: 2,
    users: Uint32Array.of(0, 0),
    ordinals: Uint32Array.of(0, 1),
    eventTypes: new Uint8Array(2),
    timesMs: Float64Array.of(96 * DAY_MS, 100 * DAY_MS),
    values: new Float32Array(2),
    userIds: ['ada'],
  };
  expect(Array.from(offeredOrdinals(items, { events }))).toEqual([0, 1, 2]);
});
