import { startRanker } from '@winnow/model-serving';
import type { RankerKind, RankerOptions, RunningModelService } from '@winnow/model-serving';
import { catalogueContent, HeavyRanker, ValueModel } from '@winnow/models';

/** The multi-head network; its predictions are weighed by the objectives as winnow.yaml has them now. */
const HEAVY_RANKER: RankerKind = {
  name: 'heavy-ranker',
  load: ({ file, featureSet, items, description }) => {
    const model = HeavyRanker.fromTensors(file, {
      content: catalogueContent(featureSet, items),
      profile: featureSet,
      valueModel: new ValueModel(description.objectives),
    });
    return { model, dispose: () => model.dispose() };
  },
};

/** Wires the heavy ranker and starts it. */
export const startHeavyRanker = (options: Omit<RankerOptions, 'kind'>): Promise<RunningModelService> =>
  startRanker({ ...options, kind: HEAVY_RANKER });
