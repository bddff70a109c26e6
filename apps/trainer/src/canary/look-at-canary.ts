import type {
  CanaryReport,
  Clock,
  Description,
  EventColumns,
  EventLogReader,
  ModelRegistryReader,
  ModelRegistryWriter,
  ReleaseCanary,
  ReleasePointer,
  ReleaseVersion,
  SlateLogReader,
} from '@winnow/domain';
import { comparesReleases, judgeCanary } from '@winnow/experiments';

const DAY_MS = 86_400_000;
/** While services connect and compile for a release that is new to them, slates are degraded that will not be later. */
const SETTLE_MS = 60_000;

/** Where a canary is looked at, and what is done about it. */
export interface CanaryStores {
  readonly description: Description;
  readonly registry: Pick<ModelRegistryReader, 'pointer' | 'canaryReports'> &
    Pick<ModelRegistryWriter, 'endCanary' | 'keepCanaryReport'>;
  readonly eventLog: Pick<EventLogReader, 'readEvents'> & {
    readonly slates: Pick<SlateLogReader, 'usersServedSince'>;
  };
  readonly clock: Clock;
}

/**
 * One look at the canary, if there is one: judges it by the logs, keeps the report, and promotes or drops it when that is
 * decided. Any process may look at any time, also two at once: the pointer moves once, and not at all when somebody else
 * has moved it meanwhile. Resolves with the report; null without a canary.
 */
export async function lookAtCanary(stores: CanaryStores): Promise<CanaryReport | null> {
  const { registry, description } = stores;
  const pointer = await registry.pointer();
  await closeReports(stores, pointer);
  const { canary, current } = pointer;
  if (canary === undefined || current === null) return null;
  if (description.retraining.canary === undefined) {
    await registry.endCanary(canary.version, 'drop');
    return null;
  }
  const report = await judge(stores, canary, current);
  const decided = report.state === 'running' ? report : await conclude(stores, report);
  await registry.keepCanaryReport(decided);
  return decided;
}

async function judge(
  { description, eventLog, clock }: CanaryStores,
  canary: ReleaseCanary,
  current: ReleaseVersion,
): Promise<CanaryReport> {
  const settings = description.retraining.canary!;
  const served = await eventLog.slates.usersServedSince({
    ...{ release: canary.version, fromMs: canary.sinceMs, settleMs: SETTLE_MS },
    except: (description.experiments?.experiments ?? []).filter(comparesReleases).map(({ name }) => name),
  });
  const firstAtMs = served.firstAtMs.reduce((first, one) => Math.min(first, one), Infinity);
  const events: EventColumns = await eventLog.readEvents({
    eventTypes: description.events.map(({ name }) => name),
    // Of nobody, nothing: a window that ends where it begins.
    ...(served.userIds.length > 0
      ? { fromMs: firstAtMs - settings.covariateDays * DAY_MS }
      : { fromMs: 0, toMs: 0 }),
  });
  const nowMs = clock.nowMs();
  return judgeCanary({ canary, current, served, events, description, settings, nowMs });
}

/** Moves the pointer; what it says afterwards counts, for somebody may have been faster. */
async function conclude({ registry }: CanaryStores, report: CanaryReport): Promise<CanaryReport> {
  const { version, state } = report;
  const moved = await registry.endCanary(version, state === 'promoted' ? 'promote' : 'drop');
  if (!moved.ok) {
    await registry.endCanary(version, 'drop');
    return { ...report, state: 'dropped', reason: `cannot be promoted: ${moved.error.reason}` };
  }
  if (state === 'promoted' && moved.value.current !== version)
    return { ...report, state: 'withdrawn', reason: 'somebody moved the pointer before it was promoted' };
  return report;
}

/** Canaries that ended without a verdict: the pointer names another one, or none. */
async function closeReports({ registry, clock }: CanaryStores, pointer: ReleasePointer): Promise<void> {
  for (const report of await registry.canaryReports()) {
    if (report.state !== 'running' || report.version === pointer.canary?.version) continue;
    await registry.keepCanaryReport({ ...report, ...endOf(report, pointer), lookedAtMs: clock.nowMs() });
  }
}

function endOf(
  { version }: CanaryReport,
  { current, canary }: ReleasePointer,
): Pick<CanaryReport, 'state' | 'reason'> {
  if (current === version) return { state: 'promoted', reason: 'promoted by hand' };
  if (canary) return { state: 'replaced', reason: `${canary.version} passed the gate before it was decided` };
  return { state: 'withdrawn', reason: 'the pointer was moved, or canaries were switched off' };
}
