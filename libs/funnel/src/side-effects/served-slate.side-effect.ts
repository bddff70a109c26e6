import type { SideEffect } from '@winnow/pipeline';
import type { FunnelQuery } from '../funnel-query';
import type { ServedSlate, ServedSlateLog } from '../ports';

/** Logs the slate's identity, so that impressions and clicks can be joined to it. */
export const servedSlateSideEffect = (log: ServedSlateLog | null): SideEffect<FunnelQuery, ServedSlate> => ({
  name: 'served-slate-log',
  enabled: (query) => log !== null && !query.dryRun,
  run: async (_query, served) => log!.append(served),
});
