import type { StreamCursor } from '@winnow/domain';

/** Whether a stream that was read up to `reached` has passed `target`. Cursors are `0` or `milliseconds-sequence`. */
export function hasReached(reached: StreamCursor, target: StreamCursor): boolean {
  const [reachedMs, reachedSequence] = parse(reached);
  const [targetMs, targetSequence] = parse(target);
  return reachedMs > targetMs || (reachedMs === targetMs && reachedSequence >= targetSequence);
}

function parse(cursor: StreamCursor): [number, number] {
  const [ms, sequence = '0'] = cursor.split('-');
  return [Number(ms), Number(sequence)];
}
