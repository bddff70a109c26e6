import type { Description } from '@winnow/domain';
import type { TuningStage } from '@winnow/tuning';

/** Fewer moments than this teach a ranker nothing that could be compared. */
const QUERY_COUNT_MIN = 200;

/**
 * The description with a share of the training: of the epochs for the two-tower model, of the moments for rankers. Over the
 * same towers (`rankers`) these keep all their epochs, since all trials share them.
 */
export function withBudget(
  description: Description,
  { stage, share }: { readonly stage: TuningStage; readonly share: number },
): Description {
  const { training } = description;
  const { twoTower, ranker } = training;
  return {
    ...description,
    training: {
      ...training,
      twoTower:
        stage === 'rankers'
          ? twoTower
          : { ...twoTower, epochsMax: Math.max(1, Math.round(share * twoTower.epochsMax)) },
      ranker: {
        ...ranker,
        queryCountMax: Math.min(
          ranker.queryCountMax,
          Math.max(QUERY_COUNT_MIN, Math.round(share * ranker.queryCountMax)),
        ),
      },
    },
  };
}
