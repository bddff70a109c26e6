/** Position in a stream: Redis stream id, `milliseconds-sequence`, or `0` for the beginning. */
export type StreamCursor = string;

/** Order of positions in one stream: negative when `left` comes first. */
export function compareCursors(left: StreamCursor, right: StreamCursor): number {
  const [leftMs, leftSequence = '0'] = left.split('-');
  const [rightMs, rightSequence = '0'] = right.split('-');
  return Number(leftMs) - Number(rightMs) || Number(leftSequence) - Number(rightSequence);
}
