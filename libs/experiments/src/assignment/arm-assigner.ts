import {
  HOLDOUT,
  type ArmDescription,
  type ExperimentArm,
  type ExperimentDescription,
  type ExperimentsDescription,
  type ReleaseVersion,
  type UserId,
} from '@winnow/domain';
import { variantName } from '../overrides/surface-variants';
import { unitPosition } from './unit-position';

/** What experiments make of one request. */
export interface ArmAssignment {
  /** Arms that matter for the surface, in the description's order: what the user is exposed to. */
  readonly arms: readonly ExperimentArm[];
  /** Names the `SurfaceVariant` that these arms make; empty when they leave the surface as it is. */
  readonly variant: string;
  readonly pinned: { readonly experiment: string; readonly release: ReleaseVersion } | null;
  /** One of these arms' experiments compares releases: whatever the arm, no canary may come between. */
  readonly comparesReleases: boolean;
}

/** Which experiments there are, and which of them are off. */
export interface ArmAssignerOptions {
  readonly experiments: ExperimentsDescription | undefined;
  /** The kill switch: an experiment that is off is as good as not described. */
  readonly isOff?: (experiment: string) => boolean;
}

/** Nobody's: the surfaces as they are described. */
const NO_ARMS: ArmAssignment = { arms: [], variant: '', pinned: null, comparesReleases: false };

/**
 * Puts users into arms by hash alone, so that every process agrees and nothing is stored. Layers follow the overlapping
 * experiments of Tang, Agarwal, O'Brien and Meyer (KDD 2010): one experiment per user and layer, layers independent,
 * arms drawn anew within each experiment. O(layers + experiments) per request.
 */
export class ArmAssigner {
  readonly #options: Required<ArmAssignerOptions>;

  constructor({ experiments, isOff = () => false }: ArmAssignerOptions) {
    this.#options = { experiments, isOff };
  }

  /** Whether the user is among those who are kept out of every experiment. */
  isHeldOut(userId: UserId): boolean {
    const { experiments } = this.#options;
    return experiments !== undefined && unitPosition(HOLDOUT, userId) < experiments.holdoutShare;
  }

  /**
   * The user's arms of experiments that could change this surface. The others are left out, control and treatment alike:
   * their users would be served the same, and would only blur the comparison.
   */
  assign(userId: UserId, surface: string): ArmAssignment {
    const { experiments: described, isOff } = this.#options;
    if (described === undefined) return NO_ARMS;
    const mattering = described.experiments.filter((one) => !isOff(one.name) && mattersFor(one, surface));
    if (mattering.length === 0 || this.isHeldOut(userId)) return NO_ARMS;
    const chosen = mattering
      .filter((one) => hasTraffic(one, userId))
      .map((experiment) => ({ experiment, arm: armOf(experiment, userId) }));
    return combined(chosen, surface);
  }
}

/** Whether an arm of the experiment pins a release, so that all of its users are kept out of canaries. */
export const comparesReleases = ({ arms }: ExperimentDescription): boolean =>
  arms.some(({ release }) => release !== undefined);

/** Whether any arm of the experiment makes a difference to the surface. */
const mattersFor = (experiment: ExperimentDescription, surface: string): boolean =>
  comparesReleases(experiment) ||
  experiment.arms.some((arm) => arm.surfaces.some((one) => one.surface === surface));

function hasTraffic({ layer, traffic: [from, to] }: ExperimentDescription, userId: UserId): boolean {
  const position = unitPosition(`layer:${layer}`, userId);
  return position >= from && position < to;
}

/** Salted by the experiment and not by its traffic, so that growing moves nobody. */
export function armOf({ name, arms }: ExperimentDescription, userId: UserId): ArmDescription {
  const totalWeight = arms.reduce((sum, { weight }) => sum + weight, 0);
  let left = unitPosition(`experiment:${name}`, userId) * totalWeight;
  for (const arm of arms) {
    left -= arm.weight;
    if (left < 0) return arm;
  }
  return arms[arms.length - 1];
}

function combined(
  chosen: readonly { readonly experiment: ExperimentDescription; readonly arm: ArmDescription }[],
  surface: string,
): ArmAssignment {
  const changing = chosen.filter(({ arm }) => arm.surfaces.some((one) => one.surface === surface));
  const pinning = chosen.find(({ arm }) => arm.release !== undefined);
  const named = ({ experiment, arm }: (typeof chosen)[number]): ExperimentArm => ({
    experiment: experiment.name,
    arm: arm.name,
  });
  return {
    arms: chosen.map(named),
    variant: variantName(changing.map(named)),
    pinned: pinning ? { experiment: pinning.experiment.name, release: pinning.arm.release! } : null,
    comparesReleases: chosen.some(({ experiment }) => comparesReleases(experiment)),
  };
}
