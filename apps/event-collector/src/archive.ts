import type {
  CatalogChange,
  EventLogWriter,
  ServedSlate,
  SlateLogWriter,
  TrackedEvent,
  UserId,
} from '@winnow/domain';

export interface ArchiveOptions {
  readonly eventLog: EventLogWriter;
  readonly slateLog: SlateLogWriter;
  /** When each of these users that was erased lately was. */
  readonly erasedAtMs: (userIds: readonly UserId[]) => Promise<ReadonlyMap<UserId, number>>;
}

/** A record of one user, and when we were given it. */
interface Given<T> {
  readonly record: T;
  readonly userId: UserId | null;
  readonly givenAtMs: number;
}

/**
 * Writes what the streams hold to the event log, for good. Nothing of a user stays there that was given before the user
 * was erased, also when the erasure and the writing cross.
 */
export class Archive {
  constructor(private readonly options: ArchiveOptions) {}

  appendEvents(events: readonly TrackedEvent[]): Promise<void> {
    return this.append(
      events.map((record) => ({ record, userId: record.userId, givenAtMs: record.receivedAtMs })),
      (records) => this.options.eventLog.appendEvents(records),
    );
  }

  appendCatalogChanges(changes: readonly CatalogChange[]): Promise<void> {
    return this.append(
      changes.map((record) => ({
        record,
        userId: record.kind === 'user-upserted' ? record.userId : null,
        givenAtMs: record.changedAtMs,
      })),
      (records) => this.options.eventLog.appendCatalogChanges(records),
    );
  }

  appendSlates(slates: readonly ServedSlate[]): Promise<void> {
    return this.append(
      slates.map((record) => ({ record, userId: record.userId, givenAtMs: record.servedAtMs })),
      (records) => this.options.slateLog.append(records),
    );
  }

  private async append<T>(
    given: readonly Given<T>[],
    write: (records: readonly T[]) => Promise<void>,
  ): Promise<void> {
    const erasedBefore = await this.erasedOf(given);
    const kept = given.filter((one) => !erasedBefore.has(one));
    if (kept.length > 0) await write(kept.map(({ record }) => record));
    // An erasure that came while we were writing did not find these rows.
    const users = new Set([...(await this.erasedOf(kept))].flatMap(({ userId }) => userId ?? []));
    for (const userId of users) await this.options.eventLog.eraseUser(userId);
  }

  private async erasedOf<T>(given: readonly Given<T>[]): Promise<ReadonlySet<Given<T>>> {
    const userIds = [...new Set(given.flatMap(({ userId }) => userId ?? []))];
    const marks = userIds.length > 0 ? await this.options.erasedAtMs(userIds) : new Map<UserId, number>();
    return new Set(
      given.filter(({ userId, givenAtMs }) => userId !== null && givenAtMs <= (marks.get(userId) ?? -1)),
    );
  }
}
