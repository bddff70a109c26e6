import type { ServedSlateWriter } from '@winnow/domain';
import type { SideEffect } from '@winnow/pipeline';
import type { FunnelQuery } from '../funnel-query';
import type { ServedFunnelSlate } from '../slate/slate';

/** Logs the slate's identity, so that impressions and clicks can be joined to it. */
export const servedSlateSideEffect = (
  log: ServedSlateWriter | null,
): SideEffect<FunnelQuery, ServedFunnelSlate> => ({
  name: 'served-slate-log',
  enabled: (query) => log !== null && !query.dryRun,
  run: async (_query, { slate }) => log!.append(slate),
});
