import {
  DEFAULT_CANARY,
  gaussian,
  releaseVersion,
  seededRandom,
  userId,
  type CanaryDescription,
  type CanaryReport,
  type Description,
  type EventColumns,
  type ServedUsers,
} from '@winnow/domain';
import { isCanaryUser } from '../assignment/canary-share';
import { judgeCanary } from './judge-canary';

const HOUR_MS = 3_600_000;
const SINCE_MS = 1_000 * 24 * HOUR_MS;
export const CURRENT = releaseVersion('20260101T000000Z-a');
export const CANARY = releaseVersion('20260102T000000Z-b');

const description: Pick<Description, 'events' | 'objectives'> = {
  events: [
    { name: 'click', sentiment: 'positive', value: 1, countsAsSeen: true },
    { name: 'hide', sentiment: 'negative', value: 0, countsAsSeen: true },
  ],
  objectives: [
    { head: 'click', event: 'click', weight: 1 },
    { head: 'hide', event: 'hide', weight: -2 },
  ],
};

/** A truth that a judge has to find. */
export interface CanaryWorld {
  readonly seed: number;
  /** Users who come during `hoursMax`, one after the other. */
  readonly userCount: number;
  /** How much more users of the canary do, relative. */
  readonly lift: number;
  /** Share of the canary's slates that go without a component. */
  readonly degradedShare?: number;
  /** Share of the canary's users whose slates are lost. */
  readonly lostShare?: number;
  /** Share of the canary's users' slates that it makes. */
  readonly canarySlateShare?: number;
  readonly settings?: Partial<CanaryDescription>;
}

interface Visit {
  readonly id: string;
  readonly isCanary: boolean;
  readonly firstAtMs: number;
  readonly slates: number;
  readonly degraded: number;
  readonly events: readonly { readonly eventType: number; readonly timeMs: number }[];
}

/** Looks every fourth hour until the canary is decided; what each look sees is what has happened by then. */
export function watchWorld(world: CanaryWorld): { readonly report: CanaryReport; readonly hours: number } {
  const settings = { ...DEFAULT_CANARY, share: 0.5, ...world.settings };
  const visits = visitsOf(world, settings);
  for (let hours = 4; ; hours += 4) {
    const report = lookAt(world, { settings, visits, nowMs: SINCE_MS + hours * HOUR_MS });
    if (report.state !== 'running' || hours > settings.hoursMax) return { report, hours };
  }
}

/** Habits differ between users, before as after, and nobody acts twice within a minute. */
function visitsOf(
  { seed, userCount, lift, degradedShare = 0, lostShare = 0 }: CanaryWorld,
  settings: CanaryDescription,
): readonly Visit[] {
  const random = seededRandom(seed);
  return Array.from({ length: userCount }, (_, user): Visit => {
    const id = `s${seed}-u${user}`;
    const isCanary = isCanaryUser({ version: CANARY, share: settings.share }, userId(id));
    const firstAtMs = SINCE_MS + (random() * 0.9 + 0.01) * settings.hoursMax * HOUR_MS;
    const habit = Math.exp(0.5 * gaussian(random));
    const acts = (factor: number): number => Math.max(0, Math.round(4 * habit * factor + gaussian(random)));
    const at = (from: number) => (_act: unknown, index: number) => ({
      eventType: random() < 0.05 ? 1 : 0,
      timeMs: from + index * 60_000,
    });
    const slates = random() < (isCanary ? lostShare : 0) ? 0 : 1 + Math.floor(4 * random());
    return {
      ...{ id, isCanary, firstAtMs, slates },
      degraded: isCanary && random() < degradedShare ? slates : 0,
      events: [
        ...Array.from({ length: acts(1) }, at(firstAtMs - 24 * HOUR_MS)),
        ...Array.from({ length: acts(isCanary ? 1 + lift : 1) }, at(firstAtMs)),
      ],
    };
  });
}

function lookAt(
  { canarySlateShare = 1 }: CanaryWorld,
  look: { readonly settings: CanaryDescription; readonly visits: readonly Visit[]; readonly nowMs: number },
): CanaryReport {
  const { settings, visits, nowMs } = look;
  const seen = visits.filter(({ firstAtMs, slates }) => firstAtMs <= nowMs && slates > 0);
  const rows = seen.flatMap(({ events }, user) =>
    events.filter(({ timeMs }) => timeMs <= nowMs).map((event) => ({ user, ...event })),
  );
  const served: ServedUsers = {
    userIds: seen.map(({ id }) => id),
    firstAtMs: Float64Array.from(seen, ({ firstAtMs }) => firstAtMs),
    slateCounts: Float64Array.from(seen, ({ slates }) => slates),
    degradedCounts: Float64Array.from(seen, ({ degraded }) => degraded),
    releaseCounts: Float64Array.from(
      seen,
      ({ slates, isCanary }) => Number(isCanary) * slates * canarySlateShare,
    ),
  };
  const events: EventColumns = {
    count: rows.length,
    users: Uint32Array.from(rows, ({ user }) => user),
    ordinals: new Uint32Array(rows.length),
    eventTypes: Uint8Array.from(rows, ({ eventType }) => eventType),
    timesMs: Float64Array.from(rows, ({ timeMs }) => timeMs),
    values: new Float32Array(rows.length).fill(1),
    userIds: served.userIds,
  };
  return judgeCanary({
    canary: { version: CANARY, share: settings.share, sinceMs: SINCE_MS },
    ...{ current: CURRENT, served, events, description, settings, nowMs },
  });
}
