import { RELEASE_FORMAT_VERSION, releaseVersion, type ReleaseManifest } from '@winnow/domain';

/** A manifest that every check passes, for specs that need some release; `version` also decides its age. */
export function sampleManifest(
  version: string,
  overrides: Partial<Omit<ReleaseManifest, 'files'>> = {},
): Omit<ReleaseManifest, 'files'> {
  return {
    formatVersion: RELEASE_FORMAT_VERSION,
    version: releaseVersion(version),
    createdAtMs: 1_700_000_000_000,
    parent: null,
    codeVersion: 'spec',
    namespace: 'spec',
    featureSetHash: 'abc',
    dimension: 64,
    itemCount: 2,
    ordinalLimit: 3,
    heads: ['click'],
    eventTypes: ['click'],
    seeds: { model: 1 },
    dataWindow: { fromMs: 0, toMs: 1, eventCount: 10 },
    cursors: { events: '0', catalog: '0' },
    index: { kind: 'exact', shards: 1, m: 16, efConstruction: 200, efSearch: 100, recallAt500: 1 },
    metrics: { ndcgAt20: 0.1 },
    curves: { loss: [2, 1] },
    verdict: { promoted: true, reason: 'first release' },
    golden: { historyOrdinals: [0], expectedOrdinals: [1] },
    ...overrides,
  };
}
