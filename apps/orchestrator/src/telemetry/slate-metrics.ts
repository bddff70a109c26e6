import type { ServedSlateWriter } from '@winnow/domain';
import { Counter, type Registry } from 'prom-client';

/** The writer, with a count of what it took and what it refused. */
export function countedSlates(writer: ServedSlateWriter, registry: Registry): ServedSlateWriter {
  const slates = new Counter({
    name: 'winnow_served_slates_total',
    help: 'Served slates by outcome: written to the stream of the slate log, or dropped.',
    labelNames: ['outcome'],
    registers: [registry],
  });
  const traces = new Counter({
    name: 'winnow_slate_traces_total',
    help: 'Full traces written with their slates.',
    registers: [registry],
  });
  return {
    append: async (slate) => {
      const result = await writer.append(slate);
      slates.inc({ outcome: result.ok ? 'written' : 'dropped' });
      if (result.ok && slate.trace) traces.inc();
      return result;
    },
  };
}
