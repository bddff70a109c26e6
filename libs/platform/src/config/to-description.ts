import type {
  AttributeDefinition,
  Description,
  RerankerDescription,
  SourceDescription,
  SurfaceDescription,
} from '@winnow/domain';
import type { DescriptionFile, SurfaceFile } from './description-schema';
import { toExperiments } from './to-experiments';

type SourceQuotas = NonNullable<SurfaceFile['sources']>;

const HOME_SOURCES: SourceQuotas = {
  'two-tower': 500,
  similar: 200,
  trending: 150,
  popular: 100,
  fresh: 50,
};
const SIMILAR_SOURCES: SourceQuotas = { similar: 500, 'two-tower': 300, popular: 100 };

const DEFAULT_RERANKERS: readonly RerankerDescription[] = [
  { kind: 'mmr', by: 'vector', lambda: 0.95, depth: 100 },
];

const toAttributes = (attributes: DescriptionFile['items']['attributes']): AttributeDefinition[] =>
  Object.entries(attributes).map(([name, attribute]) =>
    typeof attribute === 'string' ? { name, type: attribute } : { name, ...attribute },
  );

const toSources = (quotas: SourceQuotas): SourceDescription[] =>
  Object.entries(quotas).map(([source, quota]) => ({
    source: source as SourceDescription['source'],
    quota,
  }));

const toSurface = (name: string, surface: SurfaceFile): SurfaceDescription => ({
  name,
  deadlineMs: surface.deadlineMs,
  budgets: surface.budgets,
  sources: toSources(surface.sources ?? (name === 'similar' ? SIMILAR_SOURCES : HOME_SOURCES)),
  lightKeepCount: surface.lightKeepCount,
  filters: surface.filters,
  rerankers: surface.rerankers ?? DEFAULT_RERANKERS,
});

/** Fills in the defaults that depend on more than their own field. Checks nothing. */
export function toDescription(file: DescriptionFile): Description {
  return {
    namespace: file.namespace,
    items: { attributes: toAttributes(file.items.attributes), titleAttribute: file.items.title },
    users: { attributes: toAttributes(file.users.attributes) },
    events: Object.entries(file.events).map(([name, { sentiment, value, seen }]) => ({
      name,
      sentiment,
      value: value ?? (sentiment === 'positive' ? 1 : 0),
      countsAsSeen: seen ?? sentiment !== 'neutral',
    })),
    objectives: Object.entries(file.objectives).map(([head, objective]) => ({ head, ...objective })),
    surfaces: Object.entries(file.surfaces).map(([name, surface]) => toSurface(name, surface)),
    training: file.training,
    retraining: file.retraining,
    ...(file.eventLog && { eventLog: file.eventLog }),
    slateLog: file.slateLog,
    ...(file.fairness && { fairness: file.fairness }),
    ...(file.experiments && { experiments: toExperiments(file.experiments) }),
  };
}
