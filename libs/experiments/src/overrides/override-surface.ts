import type { SourceDescription, SurfaceDescription, SurfaceOverride } from '@winnow/domain';

/** The surface with what the overrides change; later ones win, but valid descriptions have no two that meet. */
export const overrideSurface = (
  surface: SurfaceDescription,
  overrides: readonly SurfaceOverride[],
): SurfaceDescription =>
  overrides.reduce<SurfaceDescription>(
    (changed, { deadlineMs, budgets, sources, lightKeepCount, filters, rerankers }) => ({
      name: changed.name,
      deadlineMs: deadlineMs ?? changed.deadlineMs,
      budgets: { ...changed.budgets, ...budgets },
      sources: sources ? mergedSources(changed.sources, sources) : changed.sources,
      lightKeepCount: lightKeepCount ?? changed.lightKeepCount,
      filters: { ...changed.filters, ...filters },
      rerankers: rerankers ?? changed.rerankers,
    }),
    surface,
  );

function mergedSources(
  current: readonly SourceDescription[],
  changes: readonly SourceDescription[],
): readonly SourceDescription[] {
  const quotas = new Map([...current, ...changes].map(({ source, quota }) => [source, quota]));
  return [...quotas].map(([source, quota]) => ({ source, quota })).filter(({ quota }) => quota > 0);
}

/** Names of the parameters that an override sets: `lightKeepCount`, `budgets.retrieveMs`, `sources.fresh`, … */
export function overriddenParameters(override: SurfaceOverride): readonly string[] {
  const { budgets = {}, sources = [], filters = {}, ...whole } = override;
  return [
    ...definedKeys(whole),
    ...definedKeys(budgets).map((name) => `budgets.${name}`),
    ...sources.map(({ source }) => `sources.${source}`),
    ...definedKeys(filters).map((name) => `filters.${name}`),
  ];
}

const definedKeys = (values: object): readonly string[] =>
  Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [name]));
