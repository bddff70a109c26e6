import { err, ok, reasonOf, stageError } from '@winnow/domain';
import type {
  LiveStateCursors,
  ObjectiveDescription,
  QueryFeatures,
  RankedFeatures,
  RankReply,
  RankRequest,
  Ranker,
  Result,
  StageError,
} from '@winnow/domain';
import type { RankingFeatures } from '@winnow/features';
import type { HeavyRanker } from '../heavy-ranker/heavy-ranker';
import type { LightRanker } from '../light-ranker/light-ranker';
import { ValueModel } from '../ranking/value-model';

/** What a ranker is asked about one query. */
export interface RankingInput {
  readonly query: QueryFeatures;
  readonly ordinals: Uint32Array;
  /** Row-major [ordinals, featureCount]. */
  readonly features: Float32Array;
}

/** The light and the heavy network, seen alike. */
export interface RankingModel {
  /** Names of the heads; empty for a model that only orders. */
  readonly heads: readonly string[];
  /** `scores` [ordinals]; `headValues` row-major [ordinals, heads]. */
  rank(input: RankingInput): Promise<{ readonly scores: Float32Array; readonly headValues: Float32Array }>;
}

export interface RankingEngineOptions {
  /** Name in errors: `light-ranker` or `heavy-ranker`. */
  readonly component: string;
  readonly model: RankingModel;
  readonly features: Pick<RankingFeatures, 'names' | 'compute'>;
  /** Up to where what features read follows the streams. Absent where nothing does: then no reply has features. */
  readonly asOf?: () => LiveStateCursors;
}

/** A ranker in this process: features from the item columns, then the network. One release's. */
export class RankingEngine implements Ranker {
  constructor(private readonly options: RankingEngineOptions) {}

  async rank(request: RankRequest): Promise<Result<RankReply, StageError>> {
    const { release, query, ordinals, queryVector } = request;
    const { component, model, features, asOf } = this.options;
    const { heads } = model;
    if (ordinals.length === 0)
      return ok({ release, scores: new Float32Array(0), heads, headValues: new Float32Array(0) });
    try {
      const values = features.compute(query, queryVector, ordinals);
      // Before anything is awaited: the streams go on meanwhile.
      const served: RankedFeatures | undefined =
        request.returnFeatures && asOf ? { names: features.names, values, asOf: asOf() } : undefined;
      const { scores, headValues } = await model.rank({ query, ordinals, features: values });
      if (!allFinite(scores) || !allFinite(headValues))
        return err(stageError('model', component, 'the network gave scores that are not finite'));
      return ok({ release, scores, heads, headValues, ...(served && { features: served }) });
    } catch (thrown) {
      return err(stageError('model', component, reasonOf(thrown), thrown));
    }
  }
}

export function allFinite(values: Float32Array): boolean {
  for (let index = 0; index < values.length; index += 1) if (!Number.isFinite(values[index])) return false;
  return true;
}

/** The light ranker behind the port. */
export const lightEngine = ({
  light,
  features,
}: {
  readonly light: LightRanker;
  readonly features: RankingFeatures;
}): RankingEngine => new RankingEngine({ component: 'light-ranker', model: light, features });

/**
 * The heavy ranker behind the port. With `objectives`, predictions are weighed as they are described today: weights may
 * change without training anew. Throws a RangeError when the objectives' heads are not those that it predicts.
 */
export function heavyEngine(options: {
  readonly heavy: HeavyRanker;
  readonly features: RankingFeatures;
  readonly objectives?: readonly ObjectiveDescription[];
}): RankingEngine {
  const { heavy, features, objectives } = options;
  const valueModel = objectives ? new ValueModel(objectives).orderedAs(heavy.heads) : heavy.valueModel;
  const model: RankingModel = {
    heads: heavy.heads,
    async rank(input) {
      const { headValues } = await heavy.score(input);
      return { scores: valueModel.scores(headValues), headValues };
    },
  };
  return new RankingEngine({ component: 'heavy-ranker', model, features });
}
