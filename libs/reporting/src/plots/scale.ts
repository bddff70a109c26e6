import { linearTicks, logTicks, timeTicks } from './ticks';
import { quantityText } from '../quantities';

export type ScaleKind = 'linear' | 'log' | 'time';

/** From values to pixels along one axis. */
export interface Scale {
  readonly low: number;
  readonly high: number;
  /** Values outside the domain are drawn at its end. */
  toPixel(value: number): number;
  readonly ticks: readonly number[];
  format(value: number): string;
}

export interface ScaleOptions {
  readonly kind: ScaleKind;
  /** Of the data; the scale may widen it to end on a tick. */
  readonly low: number;
  readonly high: number;
  readonly fromPixel: number;
  readonly toPixel: number;
  readonly tickCountMax: number;
  /** Widen a linear domain to whole ticks. Default false. */
  readonly roundEnds?: boolean;
  /** Ticks at whole numbers only: of what is counted. */
  readonly whole?: boolean;
  readonly format?: (value: number) => string;
}

/** Keeps an axis an axis when all values are the same, or there are none. */
function sound({ kind, low, high }: ScaleOptions): readonly [number, number] {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return kind === 'log' ? [1, 10] : [0, 1];
  if (kind === 'log') {
    const from = Math.max(low, Number.MIN_VALUE * 2 ** 60);
    return high > from ? [from, high] : [from / 2, from * 2];
  }
  if (high > low) return [low, high];
  const margin = kind === 'time' ? 43_200_000 : Math.max(Math.abs(low) / 2, 0.5);
  return [low - margin, high + margin];
}

/** A scale of the given kind. Log domains must be positive; what is not is drawn at the low end. */
export function createScale(options: ScaleOptions): Scale {
  const { kind, fromPixel, tickCountMax, roundEnds = false } = options;
  let [low, high] = sound(options);
  if (roundEnds && kind === 'linear') {
    const ticks = linearTicks(low, high, tickCountMax);
    const step = ticks.length > 1 ? ticks[1] - ticks[0] : high - low;
    low = Math.floor(low / step + 1e-9) * step;
    high = Math.ceil(high / step - 1e-9) * step;
  }
  const place = kind === 'log' ? Math.log10 : (value: number): number => value;
  const [from, to] = [place(low), place(high)];
  const perUnit = (options.toPixel - fromPixel) / (to - from);
  const calendar = kind === 'time' ? timeTicks(low, high, tickCountMax) : null;
  const ticks =
    calendar?.values ??
    (kind === 'log' ? logTicks(low, high, tickCountMax) : linearTicks(low, high, tickCountMax));
  return {
    low,
    high,
    ticks: options.whole ? ticks.filter(Number.isInteger) : ticks,
    toPixel: (value) => fromPixel + (place(Math.min(high, Math.max(low, value))) - from) * perUnit,
    format: options.format ?? calendar?.format ?? quantityText,
  };
}
