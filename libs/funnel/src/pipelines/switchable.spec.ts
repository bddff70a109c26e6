import { ok, userId } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { createFunnel, type FunnelRequest } from '../create-funnel';
import { descriptionOf, NOW_MS, portsOf, RELEASE, stateOf, surfaceOf } from '../funnel.fixture';
import { switchableNames } from './switchable';

const request: FunnelRequest = { requestId: 'r', userId: userId('u1'), surface: 'home', k: 5, nowMs: NOW_MS };

const description = {
  ...descriptionOf(surfaceOf({ rerankers: [{ kind: 'cap', attribute: 'genre', countMax: 1, window: 3 }] })),
  experiments: {
    holdoutShare: 0,
    experiments: [
      {
        ...{ name: 'curious', layer: 'one', traffic: [0, 1] as const },
        arms: [
          { name: 'control', weight: 1, surfaces: [] },
          {
            ...{ name: 'eager', weight: 1 },
            surfaces: [
              {
                surface: 'home',
                override: {
                  rerankers: [{ kind: 'epsilon-greedy' as const, positions: [1], epsilon: 1, depth: 5 }],
                },
              },
            ],
          },
        ],
      },
    ],
  },
};

describe('kill switches of components', () => {
  it('are there for all that the funnels run but hydrators and filters', () => {
    const funnel = createFunnel({ description, release: RELEASE, ports: portsOf() });
    const names = switchableNames(description);
    expect(names).toEqual(expect.arrayContaining(['heavy-ranker', 'cap-genre', 'epsilon-greedy']));
    const lines = funnel.describe('home').split('\n');
    const parts = lines.flatMap((line) => /^ {2}- ([\w-]+)/.exec(line)?.[1] ?? []);
    const without = parts.filter((part) => !names.includes(part));
    expect(without).toEqual(expect.arrayContaining(['online-store', 'seen', 'unavailable', 'excluded']));
    for (const name of names) if (name !== 'epsilon-greedy') expect(parts).toContain(name);
  });

  it('are asked at every request, and do nothing to filters', async () => {
    const off = new Set<string>();
    const ports = portsOf({
      onlineState: { userState: async () => ok(stateOf({ seenOrdinals: Uint32Array.of(14) })) },
    });
    const funnel = createFunnel({ description, release: RELEASE, ports, isOff: (name) => off.has(name) });
    await funnel.lists.refresh(NOW_MS);
    const ordinals = async (): Promise<number[]> => {
      const result = await funnel.recommend(request);
      if (!result.ok) throw new Error(result.error.reason);
      return result.value.slate.items.map(({ ordinal }) => ordinal);
    };
    expect(await ordinals()).not.toContain(14);
    expect(ports.heavyRanker.requests).toHaveLength(1);
    for (const name of ['heavy-ranker', 'seen', 'cap-genre']) off.add(name);
    const narrowed = await ordinals();
    expect(narrowed).not.toContain(14);
    expect(narrowed).toEqual([0, 1, 2, 3, 4]);
    expect(ports.heavyRanker.requests).toHaveLength(1);
    off.clear();
    await ordinals();
    expect(ports.heavyRanker.requests).toHaveLength(2);
  });
});

describe('exploration in the funnel', () => {
  const recommend = async (random?: () => number) => {
    const funnel = createFunnel({ description, release: RELEASE, ports: portsOf(), random });
    await funnel.lists.refresh(NOW_MS);
    const arms = [{ experiment: 'curious', arm: 'eager' }];
    const result = await funnel.recommend({ ...request, experiments: { arms, variant: 'curious=eager' } });
    if (!result.ok) throw new Error(result.error.reason);
    return result.value.slate;
  };

  it('writes down what could have stood where chance decided', async () => {
    const slate = await recommend(() => 0.999);
    expect(slate.arms).toEqual([{ experiment: 'curious', arm: 'eager' }]);
    expect(slate.items.map(({ exploration }) => exploration !== undefined)).toEqual([
      false,
      true,
      false,
      false,
      false,
    ]);
    const { exploration, ordinal } = slate.items[1];
    expect(exploration).toMatchObject({ policy: 'epsilon-greedy', propensity: 0.2 });
    expect(exploration!.ordinals.at(-1)).toBe(ordinal);
  });

  it('takes no part where nothing is left to chance, as offline', async () => {
    const slate = await recommend();
    expect(slate.items.map(({ ordinal }) => ordinal)).toEqual([14, 13, 12, 11, 10]);
    expect(slate.items.every(({ exploration }) => exploration === undefined)).toBe(true);
  });
});
