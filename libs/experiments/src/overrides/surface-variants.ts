import type {
  Description,
  ExperimentArm,
  ExperimentsDescription,
  SurfaceDescription,
  SurfaceOverride,
} from '@winnow/domain';
import { overrideSurface } from './override-surface';

/** A surface as some users get it: with one arm of each experiment of several layers, or with none. */
export interface SurfaceVariant {
  /** By `variantName`. */
  readonly name: string;
  readonly surface: SurfaceDescription;
  /** Arms that made it, by experiment. */
  readonly arms: readonly (ExperimentArm & { readonly layer: string })[];
}

/** `experiment=arm`, joined by `&`, in alphabetical order: the same for the same arms however they were found. */
export const variantName = (arms: readonly ExperimentArm[]): string =>
  arms
    .map(({ experiment, arm }) => `${experiment}=${arm}`)
    .sort()
    .join('&');

type Choice = { readonly experiment: string; readonly arm: string; readonly override: SurfaceOverride };

/**
 * Every way in which arms of different layers may meet on a surface, the plain one left out. Lazily, since there may be
 * more than anybody wants: the product over the layers of the arms that change the surface, plus one each.
 */
export function* surfaceVariants(
  surface: SurfaceDescription,
  { experiments }: ExperimentsDescription,
): Generator<SurfaceVariant> {
  const byLayer = new Map<string, Choice[]>();
  for (const { name, layer, arms } of experiments)
    for (const arm of arms)
      for (const { surface: changed, override } of arm.surfaces)
        if (changed === surface.name)
          byLayer.set(layer, [...(byLayer.get(layer) ?? []), { experiment: name, arm: arm.name, override }]);
  yield* combinations(surface, [...byLayer], []);
}

/** Every surface as described, each followed by what the arms of experiments make of it. */
export const surfacesWithVariants = ({
  surfaces,
  experiments,
}: Pick<Description, 'surfaces' | 'experiments'>): readonly SurfaceDescription[] =>
  surfaces.flatMap((surface) => [
    surface,
    ...(experiments ? [...surfaceVariants(surface, experiments)].map((variant) => variant.surface) : []),
  ]);

function* combinations(
  surface: SurfaceDescription,
  [first, ...rest]: readonly (readonly [layer: string, choices: readonly Choice[]])[],
  chosen: readonly (Choice & { readonly layer: string })[],
): Generator<SurfaceVariant> {
  if (first === undefined) {
    if (chosen.length === 0) return;
    yield {
      name: variantName(chosen),
      surface: overrideSurface(
        surface,
        chosen.map(({ override }) => override),
      ),
      arms: chosen.map(({ experiment, arm, layer }) => ({ experiment, arm, layer })),
    };
    return;
  }
  const [layer, choices] = first;
  yield* combinations(surface, rest, chosen);
  for (const choice of choices) yield* combinations(surface, rest, [...chosen, { ...choice, layer }]);
}
