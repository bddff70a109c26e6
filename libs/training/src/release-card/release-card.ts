import type { Description, ReleaseManifest } from '@winnow/domain';
import { rankingFeatureNamesOf } from '@winnow/features';
import type { TrainingReport } from '@winnow/models';
import type { GateVerdict, HoldoutEvidence, ModelCard } from '@winnow/reporting';
import type { DatasetReport } from '../steps/step-context';

export interface ReleaseCardOptions {
  readonly manifest: Omit<ReleaseManifest, 'files'>;
  readonly description: Description;
  readonly dataset: DatasetReport;
  readonly verdict: GateVerdict;
  readonly holdout: HoldoutEvidence | null;
  readonly trainings: Readonly<Record<string, TrainingReport>>;
}

/** Puts a release's card together from what its run has measured. */
export function releaseCard(options: ReleaseCardOptions): ModelCard {
  const { manifest, description, dataset, verdict, holdout, trainings } = options;
  const { version, namespace, createdAtMs, parent, codeVersion, seeds, index } = manifest;
  return {
    formatVersion: 1,
    ...{ version, namespace, createdAtMs, parent, codeVersion, seeds },
    data: {
      ...manifest.dataWindow,
      userCount: dataset.userCount,
      itemCount: manifest.itemCount,
      eventTypes: manifest.eventTypes,
    },
    models: {
      dimension: manifest.dimension,
      historyCountMax: description.training.historyCountMax,
      index: { kind: index.kind, efSearch: index.efSearch, recallAt500: index.recallAt500 },
      objectives: description.objectives,
      features: rankingFeatureNamesOf(description.items.attributes),
    },
    verdict,
    holdout,
    training: Object.entries(trainings).map(([model, report]) => ({ model, ...report })),
    limits: limitsOf(options),
  };
}

/** Fewer users than this leave intervals too wide to compare anything by. */
const USER_COUNT_FEW = 200;
const DAY_MS = 86_400_000;

/** What the figures cannot say, as far as the run itself can tell. */
function limitsOf({ holdout, description, manifest }: ReleaseCardOptions): string[] {
  const measured = holdout && holdout.userCount > 0 ? holdout : null;
  const neverChosen = measured?.itemSlices[0]?.groups[0];
  return [
    measured
      ? `Quality was measured on ${measured.userCount} users and ${((measured.toMs - measured.fromMs) / DAY_MS).toFixed(1)} days. Differences smaller than the intervals mean nothing.`
      : 'Quality was not measured: nobody with a past turned to anything new in the held-out events.',
    ...(measured && measured.userCount < USER_COUNT_FEW
      ? ['The users are few: read the intervals, not the means.']
      : []),
    'The figures count what people turned to while something else was recommending to them. What they would have made of these slates, only an experiment can tell.',
    'Only users with a past are asked for. Somebody nobody knows gets popular, trending and fresh items.',
    ...(neverChosen && neverChosen.relevantCount > 0
      ? [
          `Of what people turned to, ${(100 * neverChosen.relevantShare).toFixed(1)} % had never been chosen before; ${(100 * neverChosen.recall).toFixed(1)} % of that was found.`,
        ]
      : []),
    ...(description.fairness
      ? []
      : ['No groups are named in winnow.yaml, so nothing is known of fairness between groups.']),
    `It knows nothing after ${new Date(manifest.dataWindow.toMs).toISOString().slice(0, 10)}; counters and new items are kept up in serving, weights are not.`,
  ];
}
