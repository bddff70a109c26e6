import type {
  ItemGroupMetrics,
  ModelReport,
  ModelRun,
  PopularityCurvePoint,
  UserGroupMetrics,
} from '@winnow/evaluation';

/** Mean over what is known; NaN when nothing is. JSON turns what is not a number into null. */
export function meanOfKnown(values: readonly (number | null | undefined)[]): number {
  const known = values.filter(
    (value): value is number => typeof value === 'number' && Number.isFinite(value),
  );
  return known.length === 0 ? NaN : known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** Point by point over the runs; all of them have the same points. */
export function meanPopularityCurve(runs: readonly ModelRun[]): PopularityCurvePoint[] {
  const [first] = runs;
  return (first?.popularityCurve ?? []).map(({ itemShare }, point) => ({
    itemShare,
    exposureShare: meanOfKnown(runs.map(({ popularityCurve }) => popularityCurve[point]?.exposureShare)),
  }));
}

/** One group of users or items, each model's recall in it. */
export interface SlicedGroup {
  readonly name: string;
  /** Users of the group, or held-out interactions with its items. */
  readonly size: number;
  /** Parallel to the models. */
  readonly recalls: readonly number[];
}

export interface SlicedRecall {
  readonly by: string;
  readonly of: 'users' | 'items';
  readonly k: number;
  readonly groups: readonly SlicedGroup[];
}

/** Recall of every model in every group of every slice, means over the runs. */
export function slicedRecalls(models: readonly ModelReport[]): SlicedRecall[] {
  const template = models.find(({ runs }) => runs.length > 0)?.runs[0];
  if (!template) return [];
  const userSlices = template.userSlices.map((slice, index): SlicedRecall => ({
    by: slice.by,
    of: 'users',
    k: slice.k,
    groups: slice.groups.map((group) => ({
      name: group.name,
      size: group.userCount,
      recalls: models.map(({ runs }) =>
        meanOfKnown(
          runs.map(
            (run) => groupOf<UserGroupMetrics>(run.userSlices[index]?.groups, group.name)?.recall.mean,
          ),
        ),
      ),
    })),
  }));
  const itemSlices = template.itemSlices.map((slice, index): SlicedRecall => ({
    by: slice.by,
    of: 'items',
    k: slice.k,
    groups: slice.groups.map((group) => ({
      name: group.name,
      size: group.relevantCount,
      recalls: models.map(({ runs }) =>
        meanOfKnown(
          runs.map((run) => groupOf<ItemGroupMetrics>(run.itemSlices[index]?.groups, group.name)?.recall),
        ),
      ),
    })),
  }));
  return [...userSlices, ...itemSlices];
}

const groupOf = <Group extends { readonly name: string }>(
  groups: readonly Group[] | undefined,
  name: string,
): Group | undefined => groups?.find((group) => group.name === name);
