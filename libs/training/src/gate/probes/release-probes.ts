import type { Description } from '@winnow/domain';
import type { ItemCounters, ItemTable } from '@winnow/features';
import { positiveEventTypes } from '../../frame';
import { presentOrdinals } from '../../towers';
import { forgottenProbe } from './forgotten.probe';
import { halvesProbe } from './halves.probe';
import { irrelevantProbe } from './irrelevant.probe';
import { noUsers } from './probe';
import type { Probe, ProbedUser } from './probe';
import { singleTasteProbe } from './single-taste.probe';

export interface ReleaseProbesOptions {
  readonly description: Description;
  readonly items: ItemTable;
  /** As of `nowMs`. */
  readonly counters: ItemCounters;
  readonly users: readonly ProbedUser[];
  readonly nowMs: number;
}

/** Every user of a probe is a request: so many say enough, and take no second. */
const USER_COUNT_MAX = 12;
const POPULAR_COUNT = 5_000;

/** Every behavioural test of a release, in the order of the report. */
export function releaseProbes(options: ReleaseProbesOptions): Probe[] {
  const { description, users } = options;
  return [
    tasteProbe(options),
    halvesProbe(users, USER_COUNT_MAX),
    forgottenProbe(users, USER_COUNT_MAX),
    irrelevantProbe(users, {
      attributes: description.retraining.gate.behaviour.irrelevantAttributes,
      userCountMax: USER_COUNT_MAX,
    }),
  ];
}

/** By the first attribute whose values are categories. */
function tasteProbe({ description, items, counters, users, nowMs }: ReleaseProbesOptions): Probe {
  const attribute = description.items.attributes.find(
    ({ type }) => type === 'category' || type === 'categories',
  )?.name;
  if (attribute === undefined) return noUsers('single-taste', 'items have no attribute of categories');
  const categoriesOf = (ordinal: number): readonly string[] => {
    const value = items.attributes(ordinal)[attribute];
    if (typeof value === 'string') return [value];
    return Array.isArray(value) ? value.map(String) : [];
  };
  return singleTasteProbe({
    ...{ attribute, categoriesOf, nowMs },
    ordinals: mostPopular(items, counters),
    slates: users.map(({ slate }) => slate),
    eventType: positiveEventTypes(description).indexOf(true),
  });
}

/** What can be liked: available items, the most popular first. */
const mostPopular = (items: ItemTable, counters: ItemCounters): Uint32Array =>
  presentOrdinals(items)
    .filter((ordinal) => items.isAvailable(ordinal))
    .sort((left, right) => counters.total(right) - counters.total(left) || left - right)
    .slice(0, POPULAR_COUNT);
