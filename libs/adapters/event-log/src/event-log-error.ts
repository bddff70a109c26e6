/** A part of the event log that cannot be read or written; the message names the file. */
export class EventLogError extends Error {
  override readonly name = 'EventLogError';
  constructor(
    readonly path: string,
    reason: string,
    cause?: unknown,
  ) {
    super(`event log: ${path}: ${reason}`, { cause });
  }
}
