import { Counter, Gauge, type Registry } from 'prom-client';

export interface CandidateMetrics {
  /** Catalogue changes that did not reach the index. */
  readonly updateErrors: Counter;
  /** 1 when the exact index stands in for HNSW, because the native library is missing. */
  readonly fallback: Gauge;
}

/** Registers what candidate generation counts; once per registry. */
export const candidateMetrics = (registry: Registry): CandidateMetrics => ({
  updateErrors: new Counter({
    name: 'winnow_index_update_errors_total',
    help: 'Items whose change did not reach the index.',
    registers: [registry],
  }),
  fallback: new Gauge({
    name: 'winnow_index_fallback',
    help: '1 when the exact index stands in for HNSW: slow beyond a few hundred thousand items.',
    registers: [registry],
  }),
});

/** Registers the size of the index that serves, asked for at each scrape; once per registry. */
export function exportIndexSize(registry: Registry, indexedCount: () => number): void {
  new Gauge({
    name: 'winnow_index_vectors',
    help: 'Items that the serving index can find.',
    registers: [registry],
    collect() {
      this.set(indexedCount());
    },
  });
}
