import type { Clock } from './ports/clock';

/** Signals, job locks and health checks wait for a turn; nobody misses this much. */
const INTERVAL_MS = 50;

/**
 * Gives the event loop a turn now and then during long work that never waits for anything: TF.js on wasm computes
 * synchronously, and awaiting what is there already lets nobody else run.
 */
export class EventLoopTurns {
  private takenAtMs: number;

  constructor(private readonly clock: Pick<Clock, 'monotonicMs'>) {
    this.takenAtMs = clock.monotonicMs();
  }

  /** A turn, if the last one is long enough ago; else nothing. */
  async take(): Promise<void> {
    if (this.clock.monotonicMs() - this.takenAtMs < INTERVAL_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.takenAtMs = this.clock.monotonicMs();
  }
}
