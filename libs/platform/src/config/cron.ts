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
