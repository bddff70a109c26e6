interface CronField {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const FIELDS: readonly CronField[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of month', min: 1, max: 31 },
  {
    name: 'month',
    min: 1,
    max: 12,
    names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  {
    name: 'day of week',
    min: 0,
    max: 7,
    names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'],
  },
];

function numberOf(text: string, { names, min }: CronField): number {
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  if (named >= 0) return named + min;
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}

function partViolation(part: string, field: CronField): string | null {
  const [range, step, ...rest] = part.split('/');
  if (rest.length > 0 || (step !== undefined && !(Number(step) >= 1 && Number.isInteger(Number(step)))))
    return `${field.name} "${part}" has no whole step after "/"`;
  if (range === '*') return null;
  const ends = range.split('-').map((text) => numberOf(text, field));
  const inBounds = ends.every((end) => end >= field.min && end <= field.max);
  if (ends.length > 2 || !inBounds)
    return `${field.name} "${part}" is not within ${field.min} to ${field.max}`;
  return ends.length === 2 && ends[0] > ends[1] ? `${field.name} "${part}" runs backwards` : null;
}

/** What is wrong with a five-field cron expression; null when nothing is. */
export function cronViolation(expression: string): string | null {
  const fields = expression.trim().split(/\s+/);
  if (fields.length !== FIELDS.length)
    return `must have five fields (minute hour day month weekday), has ${expression.trim() ? fields.length : 0}`;
  for (const [index, field] of FIELDS.entries())
    for (const part of fields[index].split(',')) {
      const violation = partViolation(part, field);
      if (violation) return violation;
    }
  return null;
}

/** The values of one field that a valid expression names; Sunday is 0. */
function valuesOf(text: string, field: CronField): ReadonlySet<number> {
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const [range, step] = part.split('/');
    const [from, to] =
      range === '*' ? [field.min, field.max] : range.split('-').map((end) => numberOf(end, field));
    const last = to ?? (step === undefined ? from : field.max);
    for (let value = from; value <= last; value += Number(step ?? 1))
      values.add(field.name === 'day of week' ? value % 7 : value);
  }
  return values;
}

const DAY_MS = 86_400_000;
const DAYS_LOOKED_AT = 366;

/**
 * The longest time between two moments of a valid five-field cron expression (UTC) within a year from `nowMs`; a year when
 * there are not two.
 */
export const cronPeriodMs = (expression: string, nowMs: number): number =>
  cronGapsMs(expression, nowMs).longestMs;

/** The shortest and the longest time between two moments of a valid expression, as {@link cronPeriodMs} finds it. */
export function cronGapsMs(
  expression: string,
  nowMs: number,
): { readonly shortestMs: number; readonly longestMs: number } {
  const texts = expression.trim().split(/\s+/);
  const [minutes, hours, days, months, weekdays] = FIELDS.map((field, index) =>
    valuesOf(texts[index], field),
  );
  // Where both day fields say something, either will do: that is cron's rule.
  const eitherDay = texts[2] !== '*' && texts[4] !== '*';
  const onDay = (date: Date): boolean => {
    const [ofMonth, ofWeek] = [days.has(date.getUTCDate()), weekdays.has(date.getUTCDay())];
    return months.has(date.getUTCMonth() + 1) && (eitherDay ? ofMonth || ofWeek : ofMonth && ofWeek);
  };
  const timesOfDay = [...hours].flatMap((hour) =>
    [...minutes].map((minute) => (hour * 60 + minute) * 60_000),
  );
  timesOfDay.sort((left, right) => left - right);
  let [shortestMs, longestMs] = [Infinity, 0];
  let previousMs = NaN;
  const firstDayMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  for (let day = 0; day <= DAYS_LOOKED_AT; day += 1) {
    const dayMs = firstDayMs + day * DAY_MS;
    if (!onDay(new Date(dayMs))) continue;
    for (const timeMs of timesOfDay) {
      const gapMs = dayMs + timeMs - previousMs;
      if (!Number.isNaN(gapMs))
        [shortestMs, longestMs] = [Math.min(shortestMs, gapMs), Math.max(longestMs, gapMs)];
      previousMs = dayMs + timeMs;
    }
  }
  const yearMs = DAYS_LOOKED_AT * DAY_MS;
  return longestMs > 0 ? { shortestMs, longestMs } : { shortestMs: yearMs, longestMs: yearMs };
}
