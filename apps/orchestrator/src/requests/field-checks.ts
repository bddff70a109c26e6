import { ID_LENGTH_MAX } from '@winnow/domain';
import { invalidArgument } from '@winnow/platform';
import { CLOCK_AHEAD_MS_MAX } from './request-limits';

/** Throws the RpcError that names the field. Each check is O(length) at most, so that a refusal takes no time. */
export function checkCountMax(field: string, count: number, countMax: number): void {
  if (count > countMax) throw invalidArgument(field, `has ${count} entries; at most ${countMax} are allowed`);
}

export function checkTextLength(field: string, text: string, lengthMax: number): void {
  if (text.length > lengthMax)
    throw invalidArgument(field, `is ${text.length} characters long; at most ${lengthMax} are allowed`);
}

/** A required id. */
export function checkId(field: string, id: string): void {
  if (id === '') throw invalidArgument(field, 'is required');
  checkTextLength(field, id, ID_LENGTH_MAX);
}

export function checkIds(field: string, ids: readonly string[], countMax: number): void {
  checkCountMax(field, ids.length, countMax);
  for (let index = 0; index < ids.length; index += 1)
    if (ids[index] === '' || ids[index].length > ID_LENGTH_MAX) checkId(`${field}[${index}]`, ids[index]);
}

/** Milliseconds since the epoch: after it, and not far in the future, where seconds or microseconds would not be. */
export function checkTimeMs(field: string, timeMs: number, nowMs: number): void {
  if (!Number.isSafeInteger(timeMs) || timeMs <= 0)
    throw invalidArgument(field, `must be milliseconds since 1970, is ${timeMs}`);
  if (timeMs > nowMs + CLOCK_AHEAD_MS_MAX)
    throw invalidArgument(field, `is in the future: ${new Date(Math.min(timeMs, 8.64e15)).toISOString()}`);
}
