import { startRanker } from '@winnow/model-serving';
import type { RankerKind, RankerOptions, RunningModelService } from '@winnow/model-serving';
import { LightRanker } from '@winnow/models';

/** The distilled network on ranking features alone. */
const LIGHT_RANKER: RankerKind = {
  name: 'light-ranker',
  load: ({ file }) => {
    const model = LightRanker.fromTensors(file);
    return { model, dispose: () => model.dispose() };
  },
};

/** Wires the light ranker and starts it. */
export const startLightRanker = (options: Omit<RankerOptions, 'kind'>): Promise<RunningModelService> =>
  startRanker({ ...options, kind: LIGHT_RANKER });
