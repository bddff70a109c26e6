import { ID_LENGTH_MAX } from '@winnow/domain';

/** A field that was read, or why it cannot be. Reasons are fixed texts, so that they can be counted. */
export type Parsed<T> = { readonly value: T } | { readonly reason: string };

const NUMBER_PATTERN = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A finite decimal number; NULL, NaN, hexadecimal and the empty text are none. */
export function parseNumber(text: string, name: string): Parsed<number> {
  const trimmed = text.trim();
  if (trimmed === '') return { reason: `${name} is empty` };
  const value = NUMBER_PATTERN.test(trimmed) ? Number(trimmed) : Number.NaN;
  return Number.isFinite(value) ? { value } : { reason: `${name} is not a number` };
}

/** V8 makes longer substrings views that keep the whole text alive; an id may outlive its file by far. */
const VIEW_LENGTH_MIN = 13;
const detached = (text: string): string =>
  text.length < VIEW_LENGTH_MIN ? text : Buffer.from(text, 'utf8').toString('utf8');

/** An id: not empty, no longer than every other entrance takes. */
export function parseId(text: string, name: string): Parsed<string> {
  const value = text.trim();
  if (value === '') return { reason: `${name} is empty` };
  if (value.length > ID_LENGTH_MAX) return { reason: `${name} is longer than ${ID_LENGTH_MAX} characters` };
  return { value: detached(value) };
}

/** What a number in a time column counts; `auto` tells by its size, and takes text as well. */
export type TimeUnit = 'auto' | 's' | 'ms' | 'us';

/** Seconds stay below this until the year 5138, milliseconds are above it since 1973. */
const MILLISECONDS_FROM = 1e11;
const MICROSECONDS_FROM = 1e14;
/** Clocks differ; more than this ahead of ours is a mistake. */
const FUTURE_MS_MAX = 5 * 60 * 1000;

const ISO_PATTERN =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$/;
const AMERICAN_PATTERN = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?: (\d{1,2}):(\d{2})(?::(\d{2}))?)?$/;

function utc(parts: readonly (string | undefined)[], millisecond = 0): number | null {
  const [year, month, day, hour, minute, second] = parts.map((part) => Number(part ?? 0));
  const timeMs = Date.UTC(year, month - 1, day, hour, minute, second, millisecond);
  const date = new Date(timeMs);
  // Date.UTC carries the 31st of February over; a data file that says so is wrong.
  return date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    hour < 24 &&
    minute < 60 &&
    second < 60
    ? timeMs
    : null;
}

function offsetMs(zone: string | undefined): number {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? '') ?? [];
  if (sign === undefined) return 0;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

function parseCalendarTime(text: string): number | null {
  const iso = ISO_PATTERN.exec(text);
  if (iso) {
    const millisecond = Number((iso[7] ?? '').slice(0, 3).padEnd(3, '0'));
    const timeMs = utc(iso.slice(1, 7), millisecond);
    return timeMs === null ? null : timeMs - offsetMs(iso[8]);
  }
  const american = AMERICAN_PATTERN.exec(text);
  if (!american) return null;
  const [, month, day, year, hour, minute, second] = american;
  return utc([year, month, day, hour, minute, second]);
}

function epochMs(count: number, unit: TimeUnit): number {
  const size = Math.abs(count);
  const resolved =
    unit !== 'auto' ? unit : size >= MICROSECONDS_FROM ? 'us' : size >= MILLISECONDS_FROM ? 'ms' : 's';
  return Math.round(resolved === 's' ? count * 1000 : resolved === 'us' ? count / 1000 : count);
}

/** Refuses what no event can have: a time before 1970 or ahead of now. */
export function checkTime(timeMs: number, nowMs: number): Parsed<number> {
  if (!Number.isFinite(timeMs)) return { reason: 'time is not a time' };
  if (timeMs <= 0) return { reason: 'time is before 1970' };
  if (timeMs > nowMs + FUTURE_MS_MAX) return { reason: 'time is in the future' };
  return { value: timeMs };
}

/** A time as epoch seconds, milliseconds or microseconds, ISO 8601, or `M/D/YYYY H:MM`; without a zone it is UTC. */
export function parseTime(
  text: string,
  options: { readonly nowMs: number; readonly unit?: TimeUnit },
): Parsed<number> {
  const trimmed = text.trim();
  if (trimmed === '') return { reason: 'time is empty' };
  if (NUMBER_PATTERN.test(trimmed))
    return checkTime(epochMs(Number(trimmed), options.unit ?? 'auto'), options.nowMs);
  return checkTime(parseCalendarTime(trimmed) ?? Number.NaN, options.nowMs);
}
