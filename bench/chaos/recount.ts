import { DuckDBInstance } from '@duckdb/node-api';
import { join } from 'node:path';
import type { Description } from '@winnow/domain';
import { eventTypeIndex } from '@winnow/domain';
import type { Workload } from './workload';

/** The online state of one user as the log has it. */
export interface RecountedUser {
  interactionCount: number;
  /** Oldest first. */
  readonly interactions: { timeMs: number; ordinal: number; eventType: number; value: number }[];
  readonly seen: Set<number>;
}

/** What the Parquet files hold, counted without any code of the event log or the online store. */
export interface Recount {
  /** Rows before the repeated deliveries are taken out. */
  readonly storedCount: number;
  /** 1 for each row of the workload that the log holds. */
  readonly logged: Uint8Array;
  /** Event ids of the log that were never sent, and events whose fields are not those that were sent. */
  readonly foreign: readonly string[];
  readonly altered: readonly string[];
  readonly users: ReadonlyMap<string, RecountedUser>;
  /** UTC day → ordinal → positive events. */
  readonly dailyPositives: ReadonlyMap<string, ReadonlyMap<number, number>>;
}

type LoggedRow = [
  eventId: string,
  userId: string,
  itemId: string,
  ordinal: number,
  type: string,
  timeMs: number,
  value: number,
];

export interface RecountOptions {
  readonly eventLogFolder: string;
  readonly workload: Workload;
  readonly description: Description;
}

/** Reads the log as anybody would, with DuckDB over its files, and counts again. */
export async function recount({ eventLogFolder, workload, description }: RecountOptions): Promise<Recount> {
  const files = join(eventLogFolder, 'events', '*', '*.parquet').replaceAll("'", "''");
  const [[fileCount]] = await query(`SELECT count(*)::INTEGER FROM glob('${files}')`);
  // A power cut may have taken all there was.
  const rows =
    fileCount === 0
      ? []
      : await query(
          `SELECT any_value(event_id), any_value(user_id), any_value(item_id), any_value(ordinal)::DOUBLE, any_value(event_type),
            any_value(epoch_ms(time::TIMESTAMP))::DOUBLE, any_value(value), count(*)::DOUBLE
     FROM read_parquet('${files}', hive_partitioning = false) GROUP BY event_id`,
        );
  const counter = new Recounter(workload, description);
  let storedCount = 0;
  for (const [eventId, userId, itemId, ordinal, type, timeMs, value, deliveries] of rows) {
    counter.add([eventId, userId, itemId, ordinal, type, timeMs, value] as LoggedRow);
    storedCount += deliveries as number;
  }
  return counter.result(storedCount);
}

async function query(sql: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '2GB', threads: '2' });
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRows();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

class Recounter {
  private readonly logged: Uint8Array;
  private readonly foreign: string[] = [];
  private readonly altered: string[] = [];
  private readonly users = new Map<string, RecountedUser>();
  private readonly dailyPositives = new Map<string, Map<number, number>>();

  constructor(
    private readonly workload: Workload,
    private readonly description: Description,
  ) {
    this.logged = new Uint8Array(workload.count);
  }

  add(row: LoggedRow): void {
    const [eventId, userId, itemId, , type, timeMs, value] = row;
    const sent = this.workload.rowOf(eventId);
    if (sent < 0) {
      this.foreign.push(eventId);
      return;
    }
    this.logged[sent] = 1;
    const expected = this.workload.event(sent);
    const same =
      userId === expected.userId &&
      itemId === expected.itemId &&
      type === expected.eventType &&
      timeMs === expected.timeMs &&
      value === expected.value;
    if (!same) this.altered.push(eventId);
    this.count(row);
  }

  private count([, userId, , ordinal, type, timeMs, value]: LoggedRow): void {
    const meaning = this.description.events.find(({ name }) => name === type);
    if (!meaning) return;
    const user = this.users.get(userId) ?? { interactionCount: 0, interactions: [], seen: new Set<number>() };
    this.users.set(userId, user);
    user.interactionCount += 1;
    user.interactions.push({ timeMs, ordinal, eventType: eventTypeIndex(this.description, type), value });
    if (meaning.countsAsSeen) user.seen.add(ordinal);
    if (meaning.sentiment !== 'positive') return;
    const day = new Date(timeMs).toISOString().slice(0, 10);
    const counts = this.dailyPositives.get(day) ?? new Map<number, number>();
    this.dailyPositives.set(day, counts);
    counts.set(ordinal, (counts.get(ordinal) ?? 0) + 1);
  }

  result(storedCount: number): Recount {
    const { logged, foreign, altered, users, dailyPositives } = this;
    for (const { interactions } of users.values())
      interactions.sort((left, right) => left.timeMs - right.timeMs);
    return { storedCount, logged, foreign, altered, users, dailyPositives };
  }
}
