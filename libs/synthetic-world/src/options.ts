/** How a synthetic world is made. Two worlds of equal options are equal, item by item and event by event. */
export interface SyntheticWorldOptions {
  readonly seed: number;
  /** 1 to 10,000,000. */
  readonly itemCount: number;
  readonly userCount: number;
  readonly topicCount: number;
  /** Length of the vectors that truth is computed from. */
  readonly latentDimension: number;
  /** Time of the first possible event, milliseconds since the epoch. */
  readonly startMs: number;
  readonly days: number;
  readonly slatesPerDay: number;
  /** Positions of a logged slate. */
  readonly slateSize: number;
  /** How many candidates the logging policy chooses a slate from; more makes it cleverer. */
  readonly loggingCandidateCount: number;
  /** Exponent of the power law by which the logging policy exposes items; 0 is uniform. */
  readonly popularitySkew: number;
  /** Exponent of the power law of how often users come; 0 is uniform. */
  readonly activitySkew: number;
  /** Share of the catalogue that arrives after `startMs`, spread evenly over the days. */
  readonly newItemShare: number;
  /** How far a user's taste strays from its base, 0 (never) to 1 (all of it). */
  readonly driftStrength: number;
  /** Days in which a drifting taste comes round again. */
  readonly driftPeriodDays: number;
  readonly clickModel: ClickModelOptions;
}

/** A cascade: the user reads from the top, may stop after each position, and stops more readily once satisfied. */
export interface ClickModelOptions {
  /** Probability of going on from one position to the next when nothing was clicked: position bias. */
  readonly persistence: number;
  /** Probability that a click ends the reading. */
  readonly satisfaction: number;
  /** Purchase probability after a click, times affinity. */
  readonly purchaseRate: number;
  /** Hide probability of an examined, unclicked item, times the square of (1 − affinity). */
  readonly hideRate: number;
}

export const DAY_MS = 86_400_000;

/** Largest catalogue that a world can hold. */
export const ITEM_COUNT_MAX = 10_000_000;

export const defaultSyntheticWorldOptions: SyntheticWorldOptions = {
  seed: 1,
  itemCount: 5_000,
  userCount: 2_000,
  topicCount: 24,
  latentDimension: 16,
  startMs: Date.UTC(2026, 0, 5),
  days: 60,
  slatesPerDay: 1_000,
  slateSize: 10,
  loggingCandidateCount: 40,
  popularitySkew: 0.8,
  activitySkew: 0.7,
  newItemShare: 0.2,
  driftStrength: 0.5,
  driftPeriodDays: 60,
  clickModel: { persistence: 0.85, satisfaction: 0.35, purchaseRate: 0.25, hideRate: 0.06 },
};

const SHARES = ['newItemShare', 'driftStrength'] as const;
const COUNTS = [
  'itemCount',
  'userCount',
  'topicCount',
  'latentDimension',
  'days',
  'slatesPerDay',
  'slateSize',
  'loggingCandidateCount',
] as const;

/** Fills in defaults; throws a RangeError that names the option at fault. */
export function resolveSyntheticWorldOptions(options: Partial<SyntheticWorldOptions>): SyntheticWorldOptions {
  const resolved = { ...defaultSyntheticWorldOptions, ...options };
  for (const name of COUNTS) {
    if (!Number.isInteger(resolved[name]) || resolved[name] < 1)
      throw new RangeError(`${name} must be a whole number of at least 1, is ${resolved[name]}`);
  }
  for (const name of SHARES) requireShare(name, resolved[name]);
  for (const [name, value] of Object.entries(resolved.clickModel)) requireShare(`clickModel.${name}`, value);
  if (resolved.itemCount > ITEM_COUNT_MAX)
    throw new RangeError(`itemCount must be at most ${ITEM_COUNT_MAX}, is ${resolved.itemCount}`);
  if (resolved.slateSize > resolved.itemCount)
    throw new RangeError(
      `slateSize must be at most itemCount (${resolved.itemCount}), is ${resolved.slateSize}`,
    );
  return resolved;
}

function requireShare(name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw new RangeError(`${name} must be between 0 and 1, is ${value}`);
}
