import type { Clock } from '@winnow/domain';

/** What a comparison needs from outside to say what a model costs. */
export interface CostMeters {
  readonly clock: Clock;
  /** Begins to watch the size of the process; what it gives back ends that, with the largest size seen, in bytes. */
  watchMemory(): () => Promise<number | null>;
}

/** The work's result and how long it took. */
export async function timed<T>(clock: Clock, work: () => Promise<T>): Promise<readonly [T, number]> {
  const startedAtMs = clock.monotonicMs();
  const result = await work();
  return [result, clock.monotonicMs() - startedAtMs];
}

/** Examples a second, 0 when there was nothing to measure. */
export const perSecond = (count: number, durationMs: number): number =>
  durationMs > 0 ? (1_000 * count) / durationMs : 0;
