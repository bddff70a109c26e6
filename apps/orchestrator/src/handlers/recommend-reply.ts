import type { recommenderV1 } from '@winnow/contracts';
import type { Attributes, ItemId } from '@winnow/domain';
import type { Slate, SlateItem } from '@winnow/funnel';
import type { StageTiming } from '@winnow/pipeline';

export interface ReplyOptions {
  readonly explain: boolean;
  readonly missingItemIds: readonly ItemId[];
  /** All stages, the orchestrator's own included. */
  readonly timings: readonly StageTiming[];
}

/** A slate on the wire; provenance, stage scores, predictions and reasons only when asked for. */
export function recommendReply(
  slate: Slate,
  { explain, missingItemIds, timings }: ReplyOptions,
): recommenderV1.RecommendResponse {
  return {
    slateId: slate.slateId,
    items: slate.items.map((item) => (explain ? explainedItem(item, slate) : plainItem(item))),
    degraded: slate.degraded.map(({ component, kind, reason }) => ({ component, kind, reason })),
    release: slate.release,
    arms: slate.arms.map((arm) => ({ ...arm })),
    missingItemIds: [...missingItemIds],
    nextPageToken: slate.nextPageToken,
    timings: timings.map((timing) => ({ ...timing })),
  };
}

const plainItem = ({ itemId, score, position }: SlateItem): recommenderV1.RecommendedItem => ({
  itemId,
  score,
  position,
  sources: [],
  stageScores: [],
  heads: [],
  reasons: [],
  attributes: undefined,
});

function explainedItem(item: SlateItem, { heads }: Slate): recommenderV1.RecommendedItem {
  return {
    ...plainItem(item),
    sources: item.provenance.map(({ source, rank, score }) => ({ source, rank, score })),
    stageScores: item.stageScores.map(({ stage, score }) => ({ stage, score })),
    heads: item.headValues.map((value, index) => ({ ...heads[index], value })),
    reasons: [...item.reasons],
    attributes: item.attributes ? structOf(item.attributes) : undefined,
  };
}

/** ts-proto wraps plain values into google.protobuf.Struct; lists must be arrays of its own. */
const structOf = (attributes: Attributes): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, Array.isArray(value) ? [...value] : value]),
  );
