import {
  releaseVersion,
  type ArmDescription,
  type ExperimentsDescription,
  type SourceDescription,
  type SurfaceOverride,
} from '@winnow/domain';
import type { DescriptionFile } from './description-schema';

type ExperimentsFile = NonNullable<DescriptionFile['experiments']>;
type ArmFile = ExperimentsFile['layers'][string][string]['arms'][string];
type OverrideFile = NonNullable<ArmFile['surfaces']>[string];

const toOverride = ({ sources, ...rest }: OverrideFile): SurfaceOverride => ({
  ...rest,
  ...(sources && {
    sources: Object.entries(sources).map(([source, quota]) => ({
      source: source as SourceDescription['source'],
      quota,
    })),
  }),
});

const toArm = (name: string, { weight, surfaces = {}, release }: ArmFile): ArmDescription => ({
  name,
  weight,
  surfaces: Object.entries(surfaces).map(([surface, override]) => ({
    surface,
    override: toOverride(override),
  })),
  ...(release !== undefined && { release: releaseVersion(release) }),
});

/** Experiments as one list, in the file's order; each knows its layer. */
export const toExperiments = ({ holdoutShare, layers }: ExperimentsFile): ExperimentsDescription => ({
  holdoutShare,
  experiments: Object.entries(layers).flatMap(([layer, experiments]) =>
    Object.entries(experiments).map(([name, { traffic, arms }]) => ({
      ...{ name, layer, traffic },
      arms: Object.entries(arms).map(([arm, file]) => toArm(arm, file)),
    })),
  ),
});
