import {
  DEFAULT_CANARY,
  err,
  stageError,
  userId,
  type Description,
  type ReleaseVersion,
} from '@winnow/domain';
import { isCanaryUser } from '@winnow/experiments';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RELEASE } from '../../../libs/funnel/src/funnel.fixture';
import {
  NEWER_RELEASE,
  specDescription,
  startOrchestrator,
  type OrchestratorUnderTest,
} from './orchestrator.fixture';

const CANARY = { version: NEWER_RELEASE, share: 0.3 };
const USERS = Array.from({ length: 20 }, (_, index) => `u${index}`);
const inShare = (user: string): boolean => isCanaryUser(CANARY, userId(user));

describe('a canary', () => {
  let under: OrchestratorUnderTest;
  afterEach(() => under.stop());

  async function start(description: Description = specDescription): Promise<void> {
    under = await startOrchestrator({ description });
    await under.addRelease(RELEASE);
    await under.addRelease(NEWER_RELEASE);
    under.canary = CANARY;
  }

  async function stagesHold(...versions: readonly ReleaseVersion[]): Promise<void> {
    for (const fake of Object.values(under.fakes)) fake.loadedReleases = [...versions];
    await under.stageReleases.probe();
  }

  const releaseOf = async (user: string): Promise<string> => {
    const reply = await under.recommend({ userId: user });
    expect(reply.degraded).toEqual([]);
    return reply.release;
  };

  it('is what every slate of its users says, on every surface and in the log; everybody else’s says the current one', async () => {
    await start();
    await stagesHold(NEWER_RELEASE, RELEASE);
    expect(USERS.filter(inShare).length).toBeGreaterThan(3);
    for (const user of USERS)
      for (const surface of ['home', 'similar']) {
        const { release } = await under.recommend({ userId: user, surface, seedItemIds: ['i1'] });
        expect(release, user).toBe(inShare(user) ? NEWER_RELEASE : RELEASE);
      }
    await vi.waitFor(() => expect(under.served).toHaveLength(2 * USERS.length));
    for (const { userId: user, release } of under.served)
      expect(release, user).toBe(inShare(user) ? NEWER_RELEASE : RELEASE);
  });

  it('pins the whole funnel of a request: no stage is asked for another release', async () => {
    await start();
    await stagesHold(NEWER_RELEASE, RELEASE);
    await under.recommend({ userId: USERS.find(inShare)! });
    const { retriever, lightRanker, heavyRanker } = under.fakes;
    const asked = [...retriever.requests, ...lightRanker.requests, ...heavyRanker.requests];
    expect(new Set(asked.map(({ release }) => release))).toEqual(new Set([NEWER_RELEASE]));
  });

  it('waits until every stage has loaded it, and steps back when one has lost it', async () => {
    await start();
    const user = USERS.find(inShare)!;
    expect(await releaseOf(user)).toBe(RELEASE);
    under.fakes.heavyRanker.loadedReleases = [NEWER_RELEASE, RELEASE];
    await under.stageReleases.probe();
    expect(await releaseOf(user)).toBe(RELEASE);
    await stagesHold(NEWER_RELEASE, RELEASE);
    expect(await releaseOf(user)).toBe(NEWER_RELEASE);
    under.fakes.lightRanker.loadedReleases = [RELEASE];
    expect(await releaseOf(user)).toBe(RELEASE);
  });

  it('is nobody’s release but its users’, also when the stages have nothing else', async () => {
    await start();
    await stagesHold(NEWER_RELEASE);
    const other = USERS.find((user) => !inShare(user))!;
    expect((await under.recommend({ userId: other })).release).toBe(RELEASE);
  });

  it('gives its users back when it is dropped, and everybody to it when it is promoted', async () => {
    await start();
    await stagesHold(NEWER_RELEASE, RELEASE);
    const user = USERS.find(inShare)!;
    const other = USERS.find((one) => !inShare(one))!;
    expect(await releaseOf(user)).toBe(NEWER_RELEASE);
    under.canary = null;
    under.releases = under.releases.filter(({ version }) => version === RELEASE);
    expect(await releaseOf(user)).toBe(RELEASE);
    await under.addRelease(NEWER_RELEASE);
    expect([await releaseOf(user), await releaseOf(other)]).toEqual([NEWER_RELEASE, NEWER_RELEASE]);
  });

  it('leaves out who is in an experiment that compares releases, in its control too', async () => {
    await start({
      ...specDescription,
      experiments: {
        holdoutShare: 0,
        experiments: [
          {
            ...{ name: 'pinning', layer: 'models', traffic: [0, 1] },
            arms: [
              { name: 'control', weight: 1, surfaces: [] },
              { name: 'next', weight: 1, surfaces: [], release: NEWER_RELEASE },
            ],
          },
        ],
      },
    });
    await stagesHold(NEWER_RELEASE, RELEASE);
    for (const user of USERS) {
      const { release, arms } = await under.recommend({ userId: user });
      expect(release).toBe(arms[0].arm === 'next' ? NEWER_RELEASE : RELEASE);
    }
  });
});

describe('a canary in the shadow', () => {
  let under: OrchestratorUnderTest;
  beforeEach(async () => {
    const { retraining } = specDescription;
    under = await startOrchestrator({
      description: {
        ...specDescription,
        retraining: { ...retraining, canary: { ...DEFAULT_CANARY, shadowShare: 1 } },
      },
    });
    await under.addRelease(RELEASE);
    await under.addRelease(NEWER_RELEASE);
    under.canary = CANARY;
    for (const fake of Object.values(under.fakes)) fake.loadedReleases = [NEWER_RELEASE, RELEASE];
    await under.stageReleases.probe();
  });
  afterEach(() => under.stop());

  const other = USERS.find((user) => !inShare(user))!;
  const askedOfHeavy = (): readonly string[] =>
    under.fakes.heavyRanker.requests.map(({ release }) => release);

  it('answers what the current release has answered, unseen: the slate and its log are the current one’s', async () => {
    const reply = await under.recommend({ userId: other });
    expect(reply).toMatchObject({ release: RELEASE, degraded: [] });
    await vi.waitFor(() => expect(under.shadows).toHaveLength(1));
    expect(under.shadows[0]).toMatchObject({ outcome: 'whole', overlap: 1 });
    expect(under.shadows[0].durationMs).toBeGreaterThan(0);
    expect(askedOfHeavy()).toEqual([RELEASE, NEWER_RELEASE]);
    expect(under.served.map(({ release }) => release)).toEqual([RELEASE]);
  });

  it('does not answer twice for its own users, nor dry runs, nor when it is dropped', async () => {
    await under.recommend({ userId: USERS.find(inShare)! });
    await under.recommend({ userId: other, dryRun: true });
    under.canary = null;
    await under.recommend({ userId: other });
    await vi.waitFor(() => expect(under.served).toHaveLength(2));
    expect(under.shadows).toEqual([]);
  });

  it('tells when a stage fails it, and nobody else notices', async () => {
    await under.recommend({ userId: other });
    await vi.waitFor(() => expect(under.shadows).toHaveLength(1));
    const rank = under.fakes.heavyRanker.rank.bind(under.fakes.heavyRanker);
    under.fakes.heavyRanker.rank = async (request, call) =>
      request.release === NEWER_RELEASE
        ? err(stageError('model', 'heavy-ranker', 'scores are NaN'))
        : rank(request, call);
    const reply = await under.recommend({ userId: other });
    expect(reply).toMatchObject({ release: RELEASE, degraded: [] });
    await vi.waitFor(() => expect(under.shadows).toHaveLength(2));
    expect(under.shadows[1].outcome).toBe('degraded');
    expect(await under.recommend({ userId: other })).toMatchObject({ degraded: [] });
  });
});
