/** `12,345`; fractions are rounded away. */
export const countText = (count: number): string => Math.round(count).toLocaleString('en-US');

const SUFFIXES = [
  { from: 1e9, suffix: 'G' },
  { from: 1e6, suffix: 'M' },
  { from: 1e4, suffix: 'k' },
];

/** A number as short as an axis needs it: `0.05`, `250`, `1.5M`, `2e-7`. */
export function quantityText(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  const large = SUFFIXES.find(({ from }) => size >= from);
  if (large)
    return `${Number((value / (large.suffix === 'k' ? 1e3 : large.from)).toPrecision(3))}${large.suffix}`;
  if (size !== 0 && size < 1e-4) return value.toExponential(1).replace('.0e', 'e');
  return String(Number(value.toPrecision(4)));
}

/** `0.1234`: four places, as metrics are printed. */
export const metricText = (value: number): string => (Number.isFinite(value) ? value.toFixed(4) : '–');

/** `12.3 %`; small shares keep two significant digits, so that few is not none. */
export function shareText(share: number): string {
  if (!Number.isFinite(share)) return '–';
  const percent = 100 * share;
  const size = Math.abs(percent);
  if (size === 0 || size >= 0.1) return `${percent.toFixed(1)} %`;
  return `${Number(percent.toPrecision(2))} %`;
}

/** `2026-11-21`, UTC. */
export const dayText = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 10);

/** `2026-11-21 07:00 UTC`. */
export const momentText = (timeMs: number): string =>
  `${new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** `3 items`, `1 item`. */
export const countOf = (count: number, one: string, many = `${one}s`): string =>
  `${countText(count)} ${Math.round(count) === 1 ? one : many}`;
