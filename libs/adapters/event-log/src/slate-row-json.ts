import {
  ordinal,
  releaseVersion,
  slateId,
  surfaceName,
  userId,
  type Exploration,
  type Ordinal,
  type ServedSlate,
} from '@winnow/domain';
import { traceFromRow, traceToRow, type TraceRow } from './trace-row-json';

/** A row of the slate log as JSON: the names and the nesting of its columns. */
export interface SlateRow {
  readonly slate_id: string;
  readonly user_id: string;
  readonly session_id: string;
  readonly surface: string;
  readonly release: string;
  readonly served_at: number;
  readonly degraded: readonly string[];
  readonly arms: ServedSlate['arms'];
  readonly items: readonly {
    readonly ordinal: number;
    readonly position: number;
    readonly score: number;
    readonly sources: readonly string[];
    readonly exploration?: (Omit<Exploration, 'ordinals'> & { readonly ordinals: readonly number[] }) | null;
  }[];
  readonly trace?: TraceRow | null;
}

export function slateToRow(slate: ServedSlate): SlateRow {
  return {
    slate_id: slate.slateId,
    user_id: slate.userId,
    session_id: slate.sessionId,
    surface: slate.surface,
    release: slate.release,
    served_at: Math.round(slate.servedAtMs),
    degraded: slate.degraded,
    arms: slate.arms,
    items: slate.items,
    ...(slate.trace && { trace: traceToRow(slate.trace) }),
  };
}

export function slateFromRow(row: SlateRow): ServedSlate {
  return {
    slateId: slateId(row.slate_id),
    userId: userId(row.user_id),
    sessionId: row.session_id,
    surface: surfaceName(row.surface),
    release: releaseVersion(row.release),
    servedAtMs: row.served_at,
    degraded: row.degraded,
    arms: row.arms,
    items: row.items.map(({ exploration, ...item }) => ({
      ...item,
      ordinal: ordinal(item.ordinal),
      ...(exploration && {
        exploration: { ...exploration, ordinals: exploration.ordinals as readonly Ordinal[] },
      }),
    })),
    ...(row.trace && { trace: traceFromRow(row.trace) }),
  };
}
