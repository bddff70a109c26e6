import type { EventColumns, Exposure } from '@winnow/domain';
import type { ArmOutcomes } from '../statistics/effect';

const DAY_MS = 86_400_000;

/** What is measured of each user. */
export interface MetricDefinition {
  readonly name: string;
  /** Index into the event types that the columns were read with. */
  readonly eventType: number;
  /** `count`: events a user; `any`: share of users with one; `value`: summed values a user. */
  readonly measure: 'count' | 'any' | 'value';
  /** Then it is a ratio: events of one type to events of another, over all users. */
  readonly perEventType?: number;
}

/** Metrics of exposed users, before and after they were exposed, as columns: [users]. */
export class UserOutcomes {
  readonly userCount: number;
  /** Index into `armNames`, [users]. */
  readonly arms: Uint8Array;
  readonly #firstAtMs: Float64Array;
  readonly #indexes = new Map<string, number>();
  /** By event type: counts and sums, after and before exposure, [users] each. */
  readonly #totals: readonly Totals[];
  readonly #covariateMs: number;

  /** Users exposed to an arm that is no longer described are left out. */
  constructor(options: {
    readonly exposures: readonly Exposure[];
    readonly armNames: readonly string[];
    readonly eventTypeCount: number;
    readonly covariateDays: number;
  }) {
    const exposures = options.exposures.filter(({ arm }) => options.armNames.includes(arm));
    this.userCount = exposures.length;
    this.arms = Uint8Array.from(exposures, ({ arm }) => options.armNames.indexOf(arm));
    this.#firstAtMs = Float64Array.from(exposures, ({ firstAtMs }) => firstAtMs);
    for (const [index, { userId }] of exposures.entries()) this.#indexes.set(userId, index);
    this.#totals = Array.from({ length: options.eventTypeCount }, () => totalsOf(this.userCount));
    this.#covariateMs = options.covariateDays * DAY_MS;
  }

  /** Adds events; those of users who were not exposed, or from before the covariate's days, count for nothing. */
  add(events: EventColumns): void {
    const users = Int32Array.from(events.userIds, (id) => this.#indexes.get(id) ?? -1);
    for (let row = 0; row < events.count; row += 1) {
      const user = users[events.users[row]];
      if (user < 0) continue;
      const sinceMs = events.timesMs[row] - this.#firstAtMs[user];
      if (sinceMs < -this.#covariateMs) continue;
      const totals = this.#totals[events.eventTypes[row]];
      const side = sinceMs >= 0 ? totals.after : totals.before;
      side.counts[user] += 1;
      side.values[user] += events.values[row];
    }
  }

  /** The metric over the users of one arm. */
  outcomes(metric: MetricDefinition, arm: number): ArmOutcomes {
    const { after, before } = this.#totals[metric.eventType];
    const users = Uint32Array.from(this.arms.keys()).filter((user) => this.arms[user] === arm);
    const column = (of: (user: number) => number): Float64Array => Float64Array.from(users, of);
    const measured = (side: Side) => (user: number) =>
      metric.measure === 'value'
        ? side.values[user]
        : metric.measure === 'any'
          ? Math.min(1, side.counts[user])
          : side.counts[user];
    const per = metric.perEventType;
    return {
      numerator: column(measured(after)),
      ...(per !== undefined && { denominator: column((user) => this.#totals[per].after.counts[user]) }),
      ...(this.#covariateMs > 0 && { before: column(measured(before)) }),
    };
  }
}

interface Side {
  readonly counts: Float64Array;
  readonly values: Float64Array;
}
interface Totals {
  readonly after: Side;
  readonly before: Side;
}
const sideOf = (count: number): Side => ({
  counts: new Float64Array(count),
  values: new Float64Array(count),
});
const totalsOf = (count: number): Totals => ({ after: sideOf(count), before: sideOf(count) });
