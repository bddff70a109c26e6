/** Steps that people count in. */
const STEPS = [1, 2, 2.5, 5, 10];

/**
 * The smallest easy step (1, 2, 2.5 or 5 times a power of ten) that cuts `span` into at most `countMax` pieces; never 2.5
 * itself, because where steps are of that size things are counted.
 */
export function easyStep(span: number, countMax: number): number {
  const power = 10 ** Math.floor(Math.log10(span / countMax));
  return (
    power *
    (STEPS.find((step) => step * power !== 2.5 && span / (step * power) <= countMax * (1 + 1e-9)) ?? 10)
  );
}

/** Multiples of an easy step within the domain, ends included. */
export function linearTicks(low: number, high: number, countMax: number): number[] {
  const step = easyStep(high - low, countMax);
  const ticks: number[] = [];
  for (let index = Math.ceil(low / step - 1e-9); index * step <= high + step * 1e-9; index += 1)
    ticks.push(Number((index * step).toPrecision(12)));
  return ticks;
}

/** Powers of ten within the domain; with 2 and 5 between them where there are few, every nth where there are many. */
export function logTicks(low: number, high: number, countMax: number): number[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const within = (value: number): boolean => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9);
  const powers = Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index)).filter(within);
  if (powers.length > countMax)
    return powers.filter((_, index) => index % Math.ceil(powers.length / countMax) === 0);
  const finer = powers.flatMap((power) => [power / 5, power / 2, power, power * 2, power * 5]);
  const distinct = [...new Set(finer.map((value) => Number(value.toPrecision(6))))].filter(within);
  distinct.sort((left, right) => left - right);
  return distinct.length <= countMax ? distinct : powers;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Calendar steps, each with the form in which its ticks are written. */
const FIXED_STEPS_MS = [
  HOUR_MS,
  3 * HOUR_MS,
  6 * HOUR_MS,
  12 * HOUR_MS,
  DAY_MS,
  2 * DAY_MS,
  7 * DAY_MS,
  14 * DAY_MS,
];
/** The epoch was a Thursday; weeks are counted from Mondays. */
const FIRST_MONDAY_MS = 4 * DAY_MS;
const MONTH_STEPS = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200];

export interface TimeTicks {
  readonly values: readonly number[];
  readonly format: (timeMs: number) => string;
}

/** UTC moments that a calendar has lines for: hours, days, weeks, firsts of months, Januaries. */
export function timeTicks(lowMs: number, highMs: number, countMax: number): TimeTicks {
  const step = FIXED_STEPS_MS.find((each) => (highMs - lowMs) / each <= countMax);
  const iso = (timeMs: number): string => new Date(timeMs).toISOString();
  if (step !== undefined) {
    const values: number[] = [];
    const offset = step >= 7 * DAY_MS ? FIRST_MONDAY_MS : 0;
    for (let at = Math.ceil((lowMs - offset) / step) * step + offset; at <= highMs; at += step)
      values.push(at);
    return step < DAY_MS
      ? { values, format: (timeMs) => `${iso(timeMs).slice(5, 10)} ${iso(timeMs).slice(11, 16)}` }
      : { values, format: (timeMs) => iso(timeMs).slice(0, 10) };
  }
  const monthOf = (timeMs: number): number =>
    new Date(timeMs).getUTCFullYear() * 12 + new Date(timeMs).getUTCMonth();
  const startOf = (month: number): number => Date.UTC(Math.floor(month / 12), month % 12);
  const [first, last] = [monthOf(lowMs), monthOf(highMs)];
  const months = MONTH_STEPS.find((each) => (last - first) / each <= countMax) ?? 1200;
  const values: number[] = [];
  for (let month = Math.ceil(first / months) * months; month <= last; month += months)
    if (startOf(month) >= lowMs) values.push(startOf(month));
  return { values, format: (timeMs) => iso(timeMs).slice(0, months < 12 ? 7 : 4) };
}
