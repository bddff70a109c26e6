import { releaseVersion, stageError } from '@winnow/domain';
import { FakeRanker } from '@winnow/testing';
import { describe, expect, it } from 'vitest';
import { StageReleases } from './stage-releases';

const [older, newer] = ['20260101T000000Z-a', '20260102T000000Z-b'].map(releaseVersion);
const candidates = [{ version: newer }, { version: older }];

async function picked(...loaded: (readonly (typeof newer)[] | null)[]): Promise<string | undefined> {
  const stages = Object.fromEntries(
    loaded.map((loadedReleases, index) => {
      const stage = new FakeRanker({ loadedReleases: loadedReleases ?? [] });
      if (loadedReleases === null) stage.failure = stageError('dependency', 'stage', 'away');
      return [`stage-${index}`, stage];
    }),
  );
  const releases = new StageReleases({ stages });
  await releases.probe();
  return releases.pick(candidates)?.version;
}

describe('picking the release of a request', () => {
  it('takes the newest that every stage has', async () => {
    expect(await picked([newer, older], [newer, older])).toBe(newer);
    expect(await picked([newer, older], [older])).toBe(older);
  });

  it('asks only the stages that can be reached', async () => {
    expect(await picked([newer, older], null)).toBe(newer);
    expect(await picked(null, null)).toBe(newer);
  });

  it('takes the one that most stages have when there is none for all', async () => {
    expect(await picked([newer], [older], [older])).toBe(older);
    expect(await picked([newer], [older])).toBe(newer);
  });

  it('picks nothing from nothing', () => {
    expect(new StageReleases({ stages: {} }).pick([])).toBeNull();
  });

  it('knows at once when a stage says that it has lost a release', async () => {
    const stage = new FakeRanker({ loadedReleases: [newer, older] });
    const releases = new StageReleases({ stages: { stage } });
    await releases.probe();
    releases.missed('stage', newer);
    expect(releases.pick(candidates)?.version).toBe(older);
    await releases.probe();
    expect(releases.pick(candidates)?.version).toBe(newer);
  });
});
