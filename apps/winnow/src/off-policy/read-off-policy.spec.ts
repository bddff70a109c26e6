import {
  eventId,
  itemId,
  ordinal,
  releaseVersion,
  seededRandom,
  slateId,
  surfaceName,
  userId,
  type ServedSlate,
  type TrackedEvent,
} from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { readOffPolicy } from './read-off-policy';
import { renderOffPolicy } from './render-off-policy';

const SLATES = 2_000;
/** Item 1 stands at position 1 without exploration; item 2 is what everybody likes. */
const CLICK_ODDS: Readonly<Record<number, number>> = { 1: 0.1, 2: 0.6 };

function world(): { readonly slates: ServedSlate[]; readonly events: TrackedEvent[] } {
  const random = seededRandom(3);
  const [slates, events]: [ServedSlate[], TrackedEvent[]] = [[], []];
  for (let index = 0; index < SLATES; index += 1) {
    const drawn = random() < 0.75 ? 1 : 2;
    const user = userId(`u${index % 500}`);
    const id = slateId(`s${index}`);
    slates.push({
      ...{ slateId: id, userId: user, sessionId: '', surface: surfaceName('home'), servedAtMs: index },
      ...{ release: releaseVersion('r'), degraded: [], arms: [] },
      items: [
        { ordinal: ordinal(9), position: 0, score: 3, sources: [] },
        {
          ...{ ordinal: ordinal(drawn), position: 1, score: 1, sources: [] },
          exploration: {
            ...{ policy: 'epsilon-greedy', propensity: drawn === 1 ? 0.75 : 0.25 },
            ...{ ordinals: [ordinal(1), ordinal(2)], scores: [2, 1], propensities: [0.75, 0.25] },
          },
        },
      ],
    });
    // A click on another slate's item, and on the position above, is no reward of this decision.
    const clicked = (item: number, of = id): TrackedEvent => ({
      ...{
        eventId: eventId(`${of}/${item}`),
        userId: user,
        itemId: itemId(`i${item}`),
        ordinal: ordinal(item),
      },
      ...{ eventType: 'click', timeMs: index, receivedAtMs: index, value: 1, slateId: of },
    });
    events.push(clicked(9), clicked(drawn, slateId('another')));
    if (random() < CLICK_ODDS[drawn]) events.push(clicked(drawn));
  }
  return { slates, events };
}

async function* batched<T>(all: readonly T[]): AsyncGenerator<readonly T[]> {
  for (let start = 0; start < all.length; start += 300) yield all.slice(start, start + 300);
}

describe('off-policy evaluation of served slates', () => {
  const { slates, events } = world();
  const read = (surface = 'home') =>
    readOffPolicy({
      slateLog: { stream: () => batched(slates) },
      eventLog: { streamEvents: () => batched(events) },
      ...{ surface, eventType: 'click', policies: ['greedy', 'epsilon-greedy:0.5', 'uniform'] },
    });

  it('joins events on slate and item, and finds what other policies would have had', async () => {
    const reports = await read();
    for (const [index, truth] of [0.1, 0.75 * 0.1 + 0.25 * 0.6, 0.35].entries()) {
      const { ips, snips, doublyRobust } = reports[index].report;
      for (const estimate of [ips, snips, doublyRobust!]) {
        expect(estimate.low).toBeLessThan(truth);
        expect(estimate.high).toBeGreaterThan(truth);
        expect(estimate.value).toBeCloseTo(truth, 1);
      }
    }
    expect(reports[0].report).toMatchObject({
      decisionCount: SLATES,
      clusterCount: 500,
      unsupportedShare: 0,
    });
  });

  it('prints one line a policy', async () => {
    const text = renderOffPolicy(await read(), { eventType: 'click', surface: 'home' });
    expect(text).toContain('click per position left to chance on home: 2,000 positions, 500 users');
    expect(
      text.split('\n').filter((line) => /^(greedy|epsilon-greedy:0.5|uniform) /.test(line)),
    ).toHaveLength(3);
  });

  it('prints no interval of one user, who tells nothing of how users differ', async () => {
    const [slate] = slates;
    const reports = await readOffPolicy({
      slateLog: { stream: () => batched([slate]) },
      eventLog: { streamEvents: () => batched(events) },
      ...{ surface: 'home', eventType: 'click', policies: ['uniform'] },
    });
    const text = renderOffPolicy(reports, { eventType: 'click', surface: 'home' });
    expect(text).toContain('(– to –)');
    expect(text).not.toMatch(/NaN|Infinity/);
  });

  it('says of another surface that there is nothing', async () => {
    const [{ report }] = await read('similar');
    expect(report.decisionCount).toBe(0);
  });

  it('refuses what is no policy', async () => {
    const one = {
      slateLog: { stream: () => batched<ServedSlate>([]) },
      eventLog: { streamEvents: () => batched<TrackedEvent>([]) },
    };
    for (const policy of [
      'best',
      'softmax',
      'softmax:',
      'epsilon-greedy:',
      'epsilon-greedy:2',
      'epsilon-greedy:0.1:1',
      'greedy:1',
    ])
      await expect(
        readOffPolicy({ ...one, surface: 'home', eventType: 'click', policies: [policy] }),
      ).rejects.toThrow(`--policy: ${policy} is no policy`);
  });
});
