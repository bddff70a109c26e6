import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventId, itemId, ordinal, userId } from '@winnow/domain';
import { parseDescription } from '@winnow/platform';
import { InMemoryEventLog } from '@winnow/testing';
import { describe, expect, it } from 'vitest';
import { readHomeFrame } from './home-frame';

const example = join(import.meta.dirname, '../../../examples/online-retail.yaml');
const description = parseDescription(
  readFileSync(example, 'utf8').replace('events:\n', 'events:\n  hide: { sentiment: negative }\n'),
  'winnow.yaml',
);

describe('the event log as evaluation wants it', () => {
  it('has the first positive event of each pair, up to the moment and no further', async () => {
    const log = new InMemoryEventLog();
    const event = (id: string, item: number, timeMs: number, eventType = 'purchase') => ({
      ...{ eventId: eventId(id), userId: userId('ada'), itemId: itemId(`i${item}`), ordinal: ordinal(item) },
      ...{ eventType, timeMs, value: 1, context: {} },
    });
    await log.appendEvents([
      event('a', 3, 10),
      event('b', 4, 15, 'hide'),
      event('c', 3, 20),
      event('d', 5, 30),
      event('e', 6, 40),
    ] as never);
    const { frame } = await readHomeFrame(log, { description, untilMs: 40 });
    expect([...frame.events.ordinals]).toEqual([3, 5]);
    expect([...frame.events.timesMs]).toEqual([10, 30]);
    expect(frame.userAttributes).toEqual([{}]);
  });
});
