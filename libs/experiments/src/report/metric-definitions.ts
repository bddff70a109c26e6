import { IMPRESSION, type EventTypeDescription } from '@winnow/domain';
import type { MetricDefinition } from './user-outcomes';

/** Event types in the order in which a report reads them: the description's, then impressions. */
export const reportedEventTypes = (events: readonly EventTypeDescription[]): readonly string[] => [
  ...events.map(({ name }) => name),
  IMPRESSION,
];

/**
 * What a report measures of each event type: events a user, the share of users with one, and of what users want, events
 * per impression. Ratios need clients that track impressions; without any they are NaN and left out.
 */
export const metricDefinitions = (events: readonly EventTypeDescription[]): readonly MetricDefinition[] =>
  events.flatMap(({ name, sentiment }, eventType): MetricDefinition[] => [
    { name: `${name} per user`, eventType, measure: 'count' },
    { name: `users with ${name}`, eventType, measure: 'any' },
    ...(sentiment === 'positive'
      ? [
          {
            name: `${name} per impression`,
            eventType,
            measure: 'count' as const,
            perEventType: events.length,
          },
        ]
      : []),
  ]);
