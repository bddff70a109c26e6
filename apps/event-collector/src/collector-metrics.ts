import type { OnlineStore } from '@winnow/online-store';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { VerdictCounts } from './event-service';

export interface CollectorMetrics {
  countVerdicts(counts: VerdictCounts): void;
}

/** Registers the collector's own metrics; those of streams are read from Redis when Prometheus asks. */
export function collectorMetrics(
  registry: Registry,
  store: Pick<OnlineStore, 'streamStatus' | 'deadLetters'>,
): CollectorMetrics {
  const verdicts = new Counter({
    name: 'winnow_events_total',
    help: 'Events by verdict: accepted, duplicate, rejected.',
    labelNames: ['verdict'],
    registers: [registry],
  });
  const waiting = new Gauge({
    name: 'winnow_stream_waiting_entries',
    help: 'Entries that a consumer group has not acknowledged yet, by stream and group.',
    labelNames: ['stream', 'group'],
    registers: [registry],
    async collect() {
      // A Redis that is away must not take the other metrics with it.
      const statuses = await store.streamStatus().catch(() => []);
      this.reset();
      for (const { stream, groups } of statuses)
        for (const { name, pendingCount, lagCount } of groups)
          this.set({ stream, group: name }, pendingCount + (lagCount ?? 0));
    },
  });
  const deadLetters = new Gauge({
    name: 'winnow_dead_letters',
    help: 'Entries that a consumer group has given up on.',
    registers: [registry],
    async collect() {
      this.set(await store.deadLetters.count().catch(() => Number.NaN));
    },
  });
  waiting.reset();
  deadLetters.reset();
  return {
    countVerdicts: (counts) => {
      for (const [verdict, count] of Object.entries(counts)) if (count > 0) verdicts.inc({ verdict }, count);
    },
  };
}
