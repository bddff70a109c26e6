import { candidateV1 } from '@winnow/contracts';
import { reasonOf } from '@winnow/domain';
import { startModelService, type ModelServiceOptions, type RunningModelService } from '@winnow/model-serving';
import { bindService } from '@winnow/platform';
import { candidateMetrics, exportIndexSize } from './candidate-metrics';
import { CandidateRelease } from './candidate-release';
import { candidateService } from './candidate-service';
import { checkGoldenQuery } from './golden-check';

/** Wires candidate generation and starts it. */
export function startCandidateGeneration(options: ModelServiceOptions): Promise<RunningModelService> {
  const { description, logger, registry } = options;
  const metrics = candidateMetrics(registry);
  const historyCount = description.training.historyCountMax;
  return startModelService<CandidateRelease>(options, {
    load: (release, { catalogFeed, eventFeed }) =>
      CandidateRelease.load({
        ...{ release, description, logger, catalogFeed, eventFeed },
        onFallback: ({ reason, remedy }) => {
          metrics.fallback.set(1);
          logger.warn({ reason, remedy }, 'no HNSW: every search scans all vectors');
        },
        onUpdateError: (error, ordinals) => {
          metrics.updateErrors.inc(ordinals.length);
          logger.error({ reason: reasonOf(error), ordinals: Array.from(ordinals) }, 'index not updated');
        },
      }),
    check: ({ engine, items }, manifest) => checkGoldenQuery({ engine, items, manifest, historyCount }),
    service: (releases, status) => {
      exportIndexSize(registry, () => releases.get('')?.index.count() ?? 0);
      return bindService(candidateV1.CandidateServiceService, candidateService({ releases, status }));
    },
  });
}
