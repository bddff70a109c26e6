import { rankingV1 } from '@winnow/contracts';
import { bindService } from '@winnow/platform';
import { checkGoldenRanking } from './ranker-golden-check';
import type { RankerKind } from './ranker-kind';
import { RankerRelease, type FeaturesOf } from './ranker-release';
import { rankingService } from './ranking-service';
import { startModelService, type ModelServiceOptions, type RunningModelService } from './start-model-service';

export interface RankerOptions extends ModelServiceOptions {
  readonly kind: RankerKind;
  /** What the network is given. Default: `RankingFeatures`; a spec may put a broken one there. */
  readonly featuresOf?: FeaturesOf;
}

/** Wires a ranker and starts it. */
export function startRanker(options: RankerOptions): Promise<RunningModelService> {
  const { kind, description, logger, featuresOf } = options;
  const historyCount = description.training.historyCountMax;
  return startModelService<RankerRelease>(options, {
    load: (release, { catalogFeed, eventFeed }) =>
      RankerRelease.load({ kind, release, description, catalogFeed, eventFeed, logger, featuresOf }),
    check: ({ engine, items }, manifest) => checkGoldenRanking({ engine, items, manifest, historyCount }),
    service: (releases, status) =>
      bindService(
        rankingV1.RankingServiceService,
        rankingService({ component: kind.name, releases, status }),
      ),
  });
}
