import { compareCursors, type StreamCursor } from '@winnow/domain';

/** Whether a stream that was read up to `reached` has passed `target`. */
export const hasReached = (reached: StreamCursor, target: StreamCursor): boolean =>
  compareCursors(reached, target) >= 0;
