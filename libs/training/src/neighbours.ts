import { NeighbourTable } from '@winnow/features';
import type { Description } from '@winnow/domain';
import { positiveEventTypes } from './frame';
import type { RunFrame } from './frame';

/** Item–item neighbours from the frame's positive events. */
export function buildNeighbours({ events }: RunFrame, description: Description): NeighbourTable {
  const positive = positiveEventTypes(description);
  const kept = Uint32Array.from({ length: events.count }, (_, index) => index).filter(
    (index) => positive[events.eventTypes[index]],
  );
  return NeighbourTable.build({
    users: kept.map((index) => events.users[index]),
    ordinals: kept.map((index) => events.ordinals[index]),
    timesMs: Float64Array.from(kept, (index) => events.timesMs[index]),
  });
}
