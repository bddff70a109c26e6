import { randomUUID } from 'node:crypto';
import type { ThrownSwitch } from '@winnow/domain';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createOnlineStore, type OnlineStore } from './create-online-store';

describe('kill switches in Redis', () => {
  let store: OnlineStore;
  beforeAll(() => {
    const description = { namespace: `switches-${randomUUID()}`, events: [] };
    store = createOnlineStore({ url: inject('redisUrl'), description });
  });
  afterAll(() => store.close());

  it('stay thrown until they are taken back', async () => {
    const thrown: ThrownSwitch = { kind: 'experiment', name: 'wider', sinceMs: 7, reason: 'slow' };
    expect(await store.switches.thrown()).toEqual({ ok: true, value: [] });
    await store.switches.throwSwitch(thrown);
    await store.switches.throwSwitch({ ...thrown, kind: 'component', reason: 'again' });
    await store.switches.throwSwitch({ ...thrown, reason: 'still slow' });
    expect(await store.switches.thrown()).toMatchObject({
      value: expect.arrayContaining([
        { ...thrown, reason: 'still slow' },
        { ...thrown, kind: 'component', reason: 'again' },
      ]),
    });
    expect(await store.switches.takeBack('experiment', 'wider')).toBe(true);
    expect(await store.switches.takeBack('experiment', 'wider')).toBe(false);
    expect(await store.switches.thrown()).toMatchObject({ value: [{ kind: 'component' }] });
  });

  it('cannot be read while Redis is away, which is a value', async () => {
    const away = createOnlineStore({
      ...{ url: 'redis://127.0.0.1:1', writeTimeoutMs: 50 },
      description: { namespace: 'away', events: [] },
    });
    expect(await away.switches.thrown()).toMatchObject({ ok: false, error: { component: 'online-store' } });
    await away.close();
  });
});
