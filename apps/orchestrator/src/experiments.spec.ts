import type { recommenderV1 } from '@winnow/contracts';
import type { ArmDescription, Description, ExperimentDescription } from '@winnow/domain';
import { ArmAssigner } from '@winnow/experiments';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RELEASE } from '../../../libs/funnel/src/funnel.fixture';
import {
  NEWER_RELEASE,
  specDescription,
  startOrchestrator,
  type OrchestratorUnderTest,
} from './orchestrator.fixture';
import { userId } from '@winnow/domain';

const experimentOf = (
  name: string,
  layer: string,
  treatment: Partial<ArmDescription>,
): ExperimentDescription => ({
  ...{ name, layer, traffic: [0, 1] },
  arms: [
    { name: 'control', weight: 1, surfaces: [] },
    { name: 'treatment', weight: 1, surfaces: [], ...treatment },
  ],
});

const withExperiments = (holdoutShare: number, ...experiments: ExperimentDescription[]): Description => ({
  ...specDescription,
  experiments: { holdoutShare, experiments },
});

/** Ten candidates reach the heavy ranker as described, three in this arm. */
const narrow = experimentOf('narrow', 'ranking', {
  surfaces: [{ surface: 'home', override: { lightKeepCount: 3 } }],
});
const pinning = experimentOf('pinning', 'models', { release: NEWER_RELEASE });

/** A user in the given arm, found by the assignment that serving uses. */
function userIn(description: Description, arm: string, experiment: string): string {
  const assigner = new ArmAssigner(description as { experiments: Description['experiments'] });
  for (let index = 0; ; index += 1) {
    const arms = assigner.assign(userId(`u${index}`), 'home').arms;
    if (arms.some((one) => one.experiment === experiment && one.arm === arm)) return `u${index}`;
  }
}

const heavyCount = (under: OrchestratorUnderTest): number | undefined =>
  under.fakes.heavyRanker.requests.at(-1)?.ordinals.length;

describe('experiments in Recommend', () => {
  let under: OrchestratorUnderTest;
  afterEach(() => under.stop());

  async function start(description: Description): Promise<void> {
    under = await startOrchestrator({ description });
    await under.addRelease(RELEASE);
  }
  const ask = (user: string, surface = 'home'): Promise<recommenderV1.RecommendResponse> =>
    under.recommend({ userId: user, surface, seedItemIds: surface === 'similar' ? ['i1'] : [] });

  it('serve each arm its own surface, and tell arm and served-slate log', async () => {
    const description = withExperiments(0, narrow);
    await start(description);
    for (const [arm, count] of [
      ['control', 10],
      ['treatment', 3],
    ] as const) {
      const user = userIn(description, arm, 'narrow');
      expect((await ask(user)).arms).toEqual([{ experiment: 'narrow', arm }]);
      expect(heavyCount(under)).toBe(count);
      await vi.waitFor(() =>
        expect(under.served.at(-1)).toMatchObject({ userId: user, arms: [{ experiment: 'narrow', arm }] }),
      );
    }
  });

  it('expose nobody on a surface that no arm changes, nor anybody held out', async () => {
    await start(withExperiments(0, narrow));
    expect((await ask('u1', 'similar')).arms).toEqual([]);
    await under.stop();
    await start(withExperiments(1, narrow));
    expect((await ask('u1')).arms).toEqual([]);
    expect(heavyCount(under)).toBe(10);
  });

  it('end with their kill switch, without a restart', async () => {
    const description = withExperiments(0, narrow);
    await start(description);
    const user = userIn(description, 'treatment', 'narrow');
    under.switchedOff.add('experiment:narrow');
    expect((await ask(user)).arms).toEqual([]);
    expect(heavyCount(under)).toBe(10);
  });

  it('serve an arm from the release that it pins', async () => {
    const description = withExperiments(0, pinning);
    await start(description);
    await under.addRelease(NEWER_RELEASE);
    under.releases = [...under.releases].reverse();
    const loadedReleases = [NEWER_RELEASE, RELEASE];
    for (const fake of Object.values(under.fakes)) fake.loadedReleases = loadedReleases;
    await under.stageReleases.probe();
    const [control, treatment] = ['control', 'treatment'].map((arm) => userIn(description, arm, 'pinning'));
    expect(await ask(control)).toMatchObject({ release: RELEASE, degraded: [] });
    expect(await ask(treatment)).toMatchObject({ release: NEWER_RELEASE, degraded: [] });
  });

  it('serve an arm from the common release, flagged and still exposed, when its own is not loaded', async () => {
    const description = withExperiments(0, pinning);
    await start(description);
    const reply = await ask(userIn(description, 'treatment', 'pinning'));
    expect(reply).toMatchObject({
      release: RELEASE,
      degraded: [{ component: 'experiment-pinning', kind: 'dependency' }],
      arms: [{ experiment: 'pinning', arm: 'treatment' }],
    });
    expect(reply.items).toHaveLength(5);
  });
});

describe('the kill switch of a component', () => {
  it('takes it out of the funnel, and puts it back', async () => {
    const under = await startOrchestrator();
    await under.addRelease(RELEASE);
    under.switchedOff.add('component:heavy-ranker');
    const reply = await under.recommend();
    expect(reply.degraded).toEqual([]);
    expect(under.fakes.heavyRanker.requests).toHaveLength(0);
    under.switchedOff.clear();
    await under.recommend();
    expect(under.fakes.heavyRanker.requests).toHaveLength(1);
    await under.stop();
  });
});
