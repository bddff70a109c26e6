import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, sleep, startStack, type RunningStack } from './running-stack';

let stack: RunningStack;

beforeAll(async () => {
  stack = await startStack();
}, 300_000);

afterAll(() => stack?.stop(), 60_000);

const slateOf = async (userId: string, k = 20): Promise<string[]> =>
  (await stack.client.recommend({ userId, k })).items.map(({ itemId }) => itemId);

const click = (userId: string, itemId: string, eventId: string = randomUUID()) =>
  stack.client.track([{ eventId, userId, itemId, eventType: 'click' }]);

const degradedOf = async (userId: string): Promise<string[]> =>
  (await stack.client.recommend({ userId, k: 10 })).degraded.map(({ component }) => component);

interface LoadReport {
  readonly replies: { readonly releases: Set<string>; readonly degraded: Set<string>; count: number };
  readonly failures: string[];
}

/** Recommends at a steady rate until `until` resolves. */
async function underLoad(until: () => Promise<unknown>): Promise<LoadReport> {
  const report: LoadReport = {
    replies: { releases: new Set(), degraded: new Set(), count: 0 },
    failures: [],
  };
  const inFlight: Promise<void>[] = [];
  let user = 0;
  const timer = setInterval(() => {
    user += 1;
    inFlight.push(
      stack.client.recommend({ userId: `user-${user % 50}`, k: 10 }, { timeoutMs: 3_000 }).then(
        (reply) => {
          report.replies.count += 1;
          report.replies.releases.add(reply.release);
          reply.degraded.forEach(({ component }) => report.replies.degraded.add(component));
          if (reply.items.length === 0) report.failures.push('an empty slate');
        },
        (thrown: Error) => void report.failures.push(thrown.message),
      ),
    );
  }, 50);
  try {
    await until();
  } finally {
    clearInterval(timer);
    await Promise.all(inFlight);
  }
  return report;
}

describe('the running stack', () => {
  it('answers with a slate of one release whose stage timings explain the latency', async () => {
    const startedAtMs = performance.now();
    const reply = await stack.client.recommend({ userId: 'u1', k: 20, explain: true });
    const latencyMs = performance.now() - startedAtMs;
    expect(reply.items).toHaveLength(20);
    expect(new Set(reply.items.map(({ itemId }) => itemId)).size).toBe(20);
    expect(reply.release).not.toBe('');
    expect(reply.items[0].heads.map(({ head }) => head)).toEqual(['click', 'purchase', 'hide']);
    expect(reply.items[0].stageScores.map(({ stage }) => stage)).toContain('heavy-rank');
    const explainedMs = reply.timings.reduce((sum, { durationMs }) => sum + durationMs, 0);
    expect(explainedMs).toBeLessThanOrEqual(latencyMs);
  });

  it('shows a tracked click in the next slate within a second', async () => {
    const before = await slateOf('clicker');
    await click('clicker', before[0]);
    const elapsedMs = await eventually(1_000, async () => !(await slateOf('clicker')).includes(before[0]));
    expect(elapsedMs).toBeLessThan(1_000);
    expect(await slateOf('clicker')).not.toEqual(before);
  });

  it('counts a repeated event once and reports it as a duplicate', async () => {
    const [item] = await slateOf('repeater');
    const eventId = randomUUID();
    expect((await click('repeater', item, eventId)).acceptedCount).toBe(1);
    expect((await click('repeater', item, eventId)).duplicateCount).toBe(1);
    await eventually(
      2_000,
      async () => (await stack.client.getUser('repeater').catch(() => null))?.interactionCount === 1,
    );
    await sleep(300);
    expect((await stack.client.getUser('repeater')).interactionCount).toBe(1);
  });

  it('retrieves a new item within five seconds, and never serves it again once it is deleted', async () => {
    const itemId = `new-${randomUUID()}`;
    const attributes = {
      title: 'a brand new thing',
      topic: 'newness',
      tags: ['new'],
      price: 5,
      created: Date.now(),
    };
    await stack.client.upsertItems([{ itemId, attributes }]);
    const onlyNew = { userId: 'finder', k: 5, filter: 'item.topic == "newness"' };
    await eventually(5_000, async () =>
      (await stack.client.recommend(onlyNew)).items.some((item) => item.itemId === itemId),
    );
    await stack.client.deleteItems([itemId]);
    await eventually(5_000, async () => (await stack.client.recommend(onlyNew)).items.length === 0);
    for (let attempt = 0; attempt < 20; attempt += 1)
      expect((await stack.client.recommend(onlyNew)).items).toHaveLength(0);
  });

  it('erases everything about a deleted user from every store', async () => {
    const userId = `forgetme-${randomUUID()}`;
    await stack.client.upsertUsers([{ userId, attributes: { country: 'NL', device: 'phone' } }]);
    const slate = await slateOf(userId);
    await click(userId, slate[0]);
    await eventually(3_000, async () => (await stack.client.getUser(userId)).interactionCount === 1);
    const archived = join(stack.home, 'event-log');
    await eventually(30_000, async () =>
      (await placesThatKnow(userId)).some((place) => place.startsWith(archived)),
    );
    const { erased } = await stack.client.deleteUser(userId);
    expect(erased.map(({ store }) => store)).toContain('event-log');
    expect(await placesThatKnow(userId)).toEqual([]);
    expect(await slateOf(userId)).toHaveLength(20);
  }, 60_000);

  it('gives an unknown user a cold-start slate', async () => {
    expect(await slateOf(`never-seen-${randomUUID()}`)).toHaveLength(20);
  });

  it('continues a slate page by page without repeating an item', async () => {
    const first = await stack.client.recommend({ userId: 'pager', k: 15 });
    const second = await stack.client.recommend({ userId: 'pager', k: 15, pageToken: first.nextPageToken });
    const ids = [...first.items, ...second.items].map(({ itemId }) => itemId);
    expect(new Set(ids).size).toBe(30);
    expect(second.items.map(({ position }) => position)).toEqual(
      Array.from({ length: 15 }, (_, index) => 15 + index),
    );
  });
});

/** Redis keys and values, and files of the home, in which the id appears. */
async function placesThatKnow(userId: string): Promise<string[]> {
  const places: string[] = [];
  const redis = new Redis(stack.redisUrl);
  try {
    for (const key of await redis.keys('*')) {
      if (key.includes(userId)) places.push(`key ${key}`);
      const value = await redis.dumpBuffer(key);
      if (value?.includes(userId)) places.push(`value of ${key}`);
    }
  } finally {
    redis.disconnect();
  }
  const log = join(stack.home, 'event-log');
  for (const file of await readdir(log, { recursive: true, withFileTypes: true }))
    if (file.isFile()) {
      const path = join(file.parentPath, file.name);
      if ((await readFile(path)).includes(userId)) places.push(path);
    }
  return places;
}

describe('bad input, each with its own error and nothing changed', () => {
  const refused = async (request: Parameters<RunningStack['client']['recommend']>[0]): Promise<string> =>
    stack.client.recommend(request).then(
      () => 'accepted',
      (thrown: Error) => thrown.message,
    );

  it.each([
    ['an empty user id', { userId: '' }, /INVALID_ARGUMENT: user_id/],
    ['k = 0', { userId: 'u', k: 0 }, /INVALID_ARGUMENT: k\b/],
    ['k = 10⁹', { userId: 'u', k: 1_000_000_000 }, /INVALID_ARGUMENT: k\b/],
    ['an unknown surface', { userId: 'u', surface: 'nowhere' }, /INVALID_ARGUMENT: surface.*home/],
    ['a filter that does not parse', { userId: 'u', filter: 'item.price <' }, /INVALID_ARGUMENT: filter/],
    ['a filter of the wrong type', { userId: 'u', filter: 'item.price + 1.0' }, /INVALID_ARGUMENT: filter/],
    [
      '100,000 excluded items',
      { userId: 'u', excludedItemIds: Array.from({ length: 100_000 }, (_, index) => `i${index}`) },
      /INVALID_ARGUMENT: excluded_item_ids/,
    ],
    ['a request of 5 MiB', { userId: 'u', seedItemIds: ['x'.repeat(5 * 1024 * 1024)] }, /RESOURCE_EXHAUSTED/],
    ['a broken page token', { userId: 'u', pageToken: 'nonsense' }, /INVALID_ARGUMENT: page_token/],
  ])('refuses %s', async (_, request, message) => {
    expect(await refused(request)).toMatch(message);
  });

  it('reports item ids that it does not know as missing', async () => {
    const reply = await stack.client.recommend({ userId: 'u', excludedItemIds: ['no-such-item'] });
    expect(reply.missingItemIds).toEqual(['no-such-item']);
    expect(reply.items.length).toBeGreaterThan(0);
  });

  it('refuses attributes that are not finite, naming the field, and takes none of the batch', async () => {
    const good = { itemId: `batch-${randomUUID()}`, attributes: { title: 'good', price: 1 } };
    const bad = { itemId: 'bad', attributes: { title: 'bad', price: NaN } };
    await expect(stack.client.upsertItems([good, bad])).rejects.toThrow(/INVALID_ARGUMENT.*price/);
    await expect(stack.client.getItem(good.itemId)).rejects.toThrow(/NOT_FOUND/);
  });

  it('rejects events from the future, of unknown types and on unknown items, one by one', async () => {
    const [item] = await slateOf('tracker');
    const { verdicts, rejectedCount, acceptedCount } = await stack.client.track([
      { userId: 'tracker', itemId: item, eventType: 'click', timeMs: Date.now() + 3_600_000 },
      { userId: 'tracker', itemId: item, eventType: 'teleport' },
      { userId: 'tracker', itemId: 'no-such-item', eventType: 'click' },
      { userId: 'tracker', itemId: item, eventType: 'click' },
    ]);
    expect([rejectedCount, acceptedCount]).toEqual([3, 1]);
    expect(verdicts.slice(0, 3).map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/time_ms/),
      expect.stringMatching(/event_type/),
      expect.stringMatching(/item_id/),
    ]);
  });
});

describe('the stack when something dies', () => {
  it.each([
    ['candidate-generation', 'candidate-generation'],
    ['light-ranker', 'light-ranker'],
    ['heavy-ranker', 'heavy-ranker'],
  ])(
    'answers without %s, says so, and recovers',
    async (service, component) => {
      const pid = await stack.pidOf(service);
      const report = await underLoad(async () => {
        await sleep(300);
        process.kill(pid, 'SIGKILL');
        await sleep(300);
        await eventually(30_000, async () => (await degradedOf('witness')).length === 0);
        await sleep(500);
      });
      expect(report.failures).toEqual([]);
      expect([...report.replies.degraded]).toContain(component);
      expect(report.replies.count).toBeGreaterThan(10);
      expect(await stack.pidOf(service)).not.toBe(pid);
    },
    60_000,
  );

  it('answers from the other replica when an orchestrator dies in the middle of its requests', async () => {
    const pid = await stack.pidOf('orchestrator');
    const report = await underLoad(async () => {
      await sleep(300);
      process.kill(pid, 'SIGKILL');
      await sleep(2_000);
    });
    expect(report.failures).toEqual([]);
    expect(report.replies.count).toBeGreaterThan(30);
    await eventually(30_000, async () => (await stack.pidOf('orchestrator').catch(() => pid)) !== pid);
    await eventually(30_000, () => stack.client.isServing());
  }, 60_000);

  it('answers while the event collector is being restarted', async () => {
    const pid = await stack.pidOf('event-collector');
    const report = await underLoad(async () => {
      process.kill(pid, 'SIGKILL');
      await sleep(500);
      await eventually(30_000, () => stack.client.isServing());
    });
    expect(report.failures).toEqual([]);
    const [item] = await slateOf('after-the-restart');
    await eventually(
      10_000,
      async () => (await click('after-the-restart', item).catch(() => null))?.acceptedCount === 1,
    );
  }, 60_000);
});

describe('releases', () => {
  it('swaps to a retrained release under load without a failed request, and rolls back within ten seconds', async () => {
    const [{ release: before }] = [await stack.client.recommend({ userId: 'u1', k: 1 })];
    const [item] = await slateOf('new-user');
    await click('new-user', item);
    await sleep(6_000); // until the archive has it: the same data would be the same run
    let after = before;
    const report = await underLoad(async () => {
      await stack.run('retrain');
      await eventually(30_000, async () => {
        after = (await stack.client.recommend({ userId: 'u1', k: 1 })).release;
        return after !== before;
      });
      await sleep(500);
    });
    expect(report.failures).toEqual([]);
    expect([...report.replies.releases].sort()).toEqual([before, after].sort());

    await stack.client.rollBackRelease();
    const elapsedMs = await eventually(
      10_000,
      async () => (await stack.client.recommend({ userId: 'u1', k: 1 })).release === before,
    );
    expect(elapsedMs).toBeLessThan(10_000);
  }, 240_000);
});

describe('the stack when Redis dies', () => {
  it('answers an anonymous slate from memory, and knows its users again once Redis is back', async () => {
    const pid = await stack.pidOf('redis');
    const [item] = await slateOf('reader');
    const report = await underLoad(async () => {
      process.kill(pid, 'SIGKILL');
      await eventually(10_000, async () => (await degradedOf('reader')).includes('online-store'));
      await eventually(20_000, async () => (await degradedOf('reader')).length === 0);
    });
    expect(report.failures).toEqual([]);
    expect([...report.replies.degraded]).toContain('online-store');
    await eventually(
      10_000,
      async () => (await click('reader', item).catch(() => null))?.acceptedCount === 1,
    );
    await eventually(2_000, async () => !(await slateOf('reader')).includes(item));
  }, 60_000);
});
