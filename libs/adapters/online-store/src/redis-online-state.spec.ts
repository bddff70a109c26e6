import { randomUUID } from 'node:crypto';
import { userId, type TrackedEvent, type UserState } from '@winnow/domain';
import { SAMPLE_EVENT_TYPES, trackedEvent } from '@winnow/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createOnlineStore, type OnlineStore } from './create-online-store';

const ADA = userId('ada');

describe("a user's online state", () => {
  let store: OnlineStore;
  beforeAll(() => {
    const description = { namespace: `state-${randomUUID()}`, events: SAMPLE_EVENT_TYPES };
    store = createOnlineStore({ url: inject('redisUrl'), description, readTimeoutMs: 1_000 });
  });
  afterAll(() => store.close());

  const state = async (): Promise<UserState> => {
    const read = await store.state.userState(ADA);
    if (!read.ok) throw new Error(read.error.reason);
    return read.value;
  };
  const purchase = (cursor?: string): TrackedEvent => ({
    ...trackedEvent({ type: 'purchase' }),
    eventId: randomUUID() as TrackedEvent['eventId'],
    ...(cursor && { cursor }),
  });

  it('says up to which entry of the stream it goes, which never goes back', async () => {
    expect(await state()).not.toHaveProperty('asOf');
    await store.stateWriter.apply([purchase()]);
    expect(await state()).not.toHaveProperty('asOf');
    await store.stateWriter.apply([purchase('999-12'), purchase('1000-9')]);
    expect((await state()).asOf).toBe('1000-9');
    await store.stateWriter.apply([purchase('1000-10')]);
    expect((await state()).asOf).toBe('1000-10');
    await store.stateWriter.apply([purchase('998-0')]);
    expect((await state()).asOf).toBe('1000-10');
  });

  it('takes the position from the stream that the events came by', async () => {
    await store.events.append([purchase()]);
    const consumer = store
      .eventConsumer({ group: 'online-state' })
      .run(async (events) => void (await store.stateWriter.apply(events)));
    const head = await store.eventFeed.head();
    await expect.poll(async () => (await state()).asOf, { timeout: 5_000 }).toBe(head);
    await consumer.stop();
  });
});
