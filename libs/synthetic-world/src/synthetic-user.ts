import { seededRandom, userId } from '@winnow/domain';
import type { Attributes, UserId } from '@winnow/domain';
import { addScaled, normalise, powerLawRank, seedOf } from './distributions';
import { DAY_MS } from './options';
import type { SyntheticWorldOptions } from './options';
import type { Topic } from './topics';

/** What the outside may know of a user. */
export interface SyntheticUser {
  readonly index: number;
  readonly userId: UserId;
  /** country (category), device (category). */
  readonly attributes: Attributes;
}

const COUNTRIES = ['NL', 'DE', 'FR', 'GB', 'ES', 'PL', 'SE', 'US'];
const DEVICES = ['mobile', 'desktop', 'tablet'];
const COUNTRY_SKEW = 0.9;

/** Users by index, like items: computed, never stored. */
export class UserSource {
  constructor(
    private readonly options: SyntheticWorldOptions,
    private readonly topics: readonly Topic[],
  ) {}

  user(index: number): SyntheticUser {
    const { seed, userCount } = this.options;
    if (!(index >= 0 && index < userCount))
      throw new RangeError(`no user ${index} in a world of ${userCount}`);
    const random = seededRandom(seedOf(seed, 'user', index));
    return {
      index,
      userId: syntheticUserId(index),
      attributes: {
        country: COUNTRIES[powerLawRank(random(), COUNTRIES.length, COUNTRY_SKEW)],
        device: DEVICES[Math.floor(random() * DEVICES.length)],
      },
    };
  }

  /**
   * True taste at a time, a unit vector [latentDimension]: a base of two topics plus a mood that turns
   * between two others, in closed form, so truth at any time costs O(latentDimension).
   */
  taste(index: number, timeMs: number): Float32Array {
    const { seed, startMs, driftStrength, driftPeriodDays, latentDimension } = this.options;
    const random = seededRandom(seedOf(seed, 'taste', index));
    const pick = (): Float32Array => this.topics[Math.floor(random() * this.topics.length)].vector;
    const [first, second, mood, otherMood] = [pick(), pick(), pick(), pick()];
    const phase = 2 * Math.PI * (random() + (timeMs - startMs) / (driftPeriodDays * DAY_MS));
    const taste = new Float32Array(latentDimension);
    addScaled(taste, first, 1);
    addScaled(taste, second, 0.6);
    normalise(taste);
    for (let axis = 0; axis < latentDimension; axis += 1) taste[axis] *= 1 - driftStrength;
    addScaled(taste, mood, driftStrength * Math.cos(phase));
    addScaled(taste, otherMood, driftStrength * Math.sin(phase));
    return normalise(taste);
  }
}

export const syntheticUserId = (index: number): UserId => userId(`u${String(index).padStart(6, '0')}`);
