import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { RELEASE } from '../../../../libs/funnel/src/funnel.fixture';
import { startOrchestrator, type OrchestratorUnderTest } from '../orchestrator.fixture';
import { rehearse } from './rehearsal';

let under: OrchestratorUnderTest;
beforeEach(async () => {
  under = await startOrchestrator();
  await under.addRelease(RELEASE);
});
afterEach(() => under.stop());

const MANIFEST = { golden: { historyOrdinals: [3, 4], expectedOrdinals: [10] }, createdAtMs: 1_000_000_000 };

it('goes through every stage once all have the release, and leaves no trace', async () => {
  const { retriever, lightRanker, heavyRanker } = under.fakes;
  const fakes = [retriever, lightRanker, heavyRanker];
  heavyRanker.loadedReleases = [];
  await vi.waitFor(() => expect(under.stageReleases.allHave(RELEASE)).toBe(false));
  const over = rehearse({
    ...{ funnel: under.releases[0].rehearsal, manifest: MANIFEST, historyCount: 3 },
    stagesReady: () => under.stageReleases.allHave(RELEASE),
    signal: new AbortController().signal,
  });
  expect(fakes.map(({ requests }) => requests.length)).toEqual([0, 0, 0]);
  heavyRanker.loadedReleases = [RELEASE];
  await over;
  for (const { requests } of fakes) expect(requests.length).toBeGreaterThan(1);
  expect(under.served).toEqual([]);
  const reply = await under.recommend();
  expect(reply).toMatchObject({ release: RELEASE, degraded: [] });
});

it('leaves alone what a kill switch has taken out', async () => {
  const { retriever, heavyRanker } = under.fakes;
  under.switchedOff.add('component:heavy-ranker');
  await rehearse({
    ...{ funnel: under.releases[0].rehearsal, manifest: MANIFEST, historyCount: 3 },
    stagesReady: () => true,
    signal: new AbortController().signal,
  });
  expect(retriever.requests.length).toBeGreaterThan(1);
  expect(heavyRanker.requests).toEqual([]);
});

it('ends with the release that it is for', async () => {
  const end = new AbortController();
  const over = rehearse({
    ...{ funnel: under.releases[0].rehearsal, manifest: MANIFEST, historyCount: 3, signal: end.signal },
    stagesReady: () => false,
  });
  end.abort();
  await over;
  expect(under.fakes.lightRanker.requests).toEqual([]);
});
