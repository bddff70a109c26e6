import type { Description, EventColumns } from '@winnow/domain';

/**
 * Events with what they are worth as their values, and all of one type: the objectives' weights, as the value model has
 * them over heads, laid on what happened. `events` is read with the description's event types. O(events · objectives).
 */
export function valuedEvents(
  events: EventColumns,
  { events: types, objectives }: Pick<Description, 'events' | 'objectives'>,
): EventColumns {
  const byType = types.map(({ name }) => objectives.filter(({ event }) => event === name));
  const values = Float32Array.from({ length: events.count }, (_, row) => {
    const value = events.values[row];
    let worth = 0;
    for (const { weight, valueMin, loss } of byType[events.eventTypes[row]] ?? []) {
      if (value < (valueMin ?? -Infinity)) continue;
      // Heads that do not learn odds learn the event's value.
      worth += weight * ((loss ?? 'log-loss') === 'log-loss' ? 1 : value);
    }
    return worth;
  });
  return { ...events, values, eventTypes: new Uint8Array(events.count) };
}
