import type { Description, EventColumns } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { valuedEvents } from './event-value';

const type = (name: string) => ({ name, sentiment: 'positive' as const, value: 1, countsAsSeen: true });
const description: Pick<Description, 'events' | 'objectives'> = {
  events: ['click', 'rate', 'hide', 'play'].map(type),
  objectives: [
    { head: 'click', event: 'click', weight: 1 },
    { head: 'like', event: 'rate', valueMin: 4, weight: 3 },
    { head: 'love', event: 'rate', valueMin: 5, weight: 2 },
    { head: 'hide', event: 'hide', weight: -2 },
    { head: 'minutes', event: 'play', weight: 0.5, loss: 'huber' },
  ],
};

const events = (...rows: readonly (readonly [eventType: number, value: number])[]): EventColumns => ({
  count: rows.length,
  users: new Uint32Array(rows.length),
  ordinals: new Uint32Array(rows.length),
  eventTypes: Uint8Array.from(rows, ([eventType]) => eventType),
  timesMs: new Float64Array(rows.length),
  values: Float32Array.from(rows, ([, value]) => value),
  userIds: ['u'],
});

describe('what events are worth', () => {
  it('is the sum of the objectives that they count for, a learnt value by its size', () => {
    const valued = valuedEvents(events([0, 1], [1, 3], [1, 4], [1, 5], [2, 1], [3, 12]), description);
    expect([...valued.values]).toEqual([1, 0, 3, 5, -2, 6]);
    expect(new Set(valued.eventTypes)).toEqual(new Set([0]));
  });
});
