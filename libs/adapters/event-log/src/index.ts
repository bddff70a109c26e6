export { createEventLog, type EventLog, type EventLogOptions, type EventLogStats } from './duckdb-event-log';
export { EventLogError } from './event-log-error';
export type { CompactionReport } from './part-rewriting';
export type { SlateLog } from './slate-log';
