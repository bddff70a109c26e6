import { describe, expect, it } from 'vitest';
import { eventV1 } from '@winnow/contracts';
import { acceptedEventTypes, checkEvent, FUTURE_MAX_MS } from './event-checks';

const NOW_MS = Date.UTC(2026, 10, 21, 12);
const eventTypes = acceptedEventTypes({
  events: [{ name: 'click', sentiment: 'positive', value: 1, countsAsSeen: true }],
});
const check = (overrides: Partial<eventV1.Event>) =>
  checkEvent(eventV1.Event.fromPartial({ userId: 'ada', itemId: 'tea', eventType: 'click', ...overrides }), {
    eventTypes,
    nowMs: NOW_MS,
    newId: () => 'made-id',
  });

describe('checking an event', () => {
  it('fills in id, time and value, and leaves out what was not given', () => {
    expect(check({})).toEqual({
      eventId: 'made-id',
      userId: 'ada',
      itemId: 'tea',
      eventType: 'click',
      timeMs: NOW_MS,
      receivedAtMs: NOW_MS,
      value: 1,
    });
  });

  it('keeps everything that was given, zeros included', () => {
    const given = {
      eventId: 'e1',
      timeMs: NOW_MS - 5,
      value: 0,
      slateId: 's1',
      position: 0,
      sessionId: 'x',
      surface: 'home',
    };
    expect(check(given)).toMatchObject(given);
  });

  it('accepts impressions', () => {
    expect(check({ eventType: 'impression' })).toMatchObject({ eventType: 'impression' });
  });

  it('takes a clock up to five minutes ahead for one that is right, and any late one as it is', () => {
    const now = { timeMs: NOW_MS, receivedAtMs: NOW_MS };
    expect(check({ timeMs: NOW_MS + FUTURE_MAX_MS })).toMatchObject(now);
    expect(check({ timeMs: NOW_MS - 86_400_000 })).toMatchObject({ ...now, timeMs: NOW_MS - 86_400_000 });
  });

  it.each<[string, Partial<eventV1.Event>, RegExp]>([
    ['an empty user', { userId: '' }, /^user_id: must not be empty$/],
    ['an empty item', { itemId: '' }, /^item_id: must not be empty$/],
    ['a long user', { userId: 'u'.repeat(257) }, /^user_id: must have at most 256 characters, has 257$/],
    ['a long event id', { eventId: 'e'.repeat(257) }, /^event_id: must have at most 256/],
    ['a long session', { sessionId: 'e'.repeat(257) }, /^session_id: must have at most 256/],
    ['an unknown type', { eventType: 'clik' }, /^event_type: unknown type "clik"; .* click, impression$/],
    ['an empty type', { eventType: '' }, /^event_type: unknown type ""/],
    ['the future', { timeMs: NOW_MS + FUTURE_MAX_MS + 1 }, /^time_ms: is 300001 ms in the future/],
    ['seconds', { timeMs: NOW_MS / 1_000 }, /^time_ms: .* milliseconds since the epoch, not seconds$/],
    ['a time before the epoch', { timeMs: -1 }, /^time_ms: /],
    ['NaN', { value: NaN }, /^value: must be a finite number.* NaN$/],
    ['infinity', { value: -Infinity }, /^value: must be a finite number/],
    ['what 32 bits cannot hold', { value: 1e39 }, /^value: must be a finite number/],
  ])('refuses %s, naming the field', (_what, overrides, reason) => {
    expect(check(overrides)).toMatch(reason);
  });
});
