import { seededRandom } from '@winnow/domain';

/** The processes that die. */
export const VICTIMS = ['collector', 'archive', 'online-state', 'trainer', 'redis'] as const;
export type Victim = (typeof VICTIMS)[number];

/** One SIGKILL: this long after so many events have been acknowledged. */
export interface Kill {
  readonly victim: Victim;
  readonly acknowledgedCount: number;
  readonly delayMs: number;
}

const DELAY_MS_MAX = 400;

/** Kills at moments drawn by the seed; every victim dies about as often as the others. */
export function planKills(options: {
  readonly seed: number;
  readonly eventCount: number;
  readonly killCount: number;
  readonly victims: readonly Victim[];
}): readonly Kill[] {
  const { seed, eventCount, killCount, victims } = options;
  const random = seededRandom(seed ^ 0x6b696c6c);
  const kills = Array.from({ length: killCount }, (_, index) => ({
    victim: victims[index % victims.length],
    acknowledgedCount: Math.floor(eventCount * random()),
    delayMs: Math.floor(DELAY_MS_MAX * random()),
  }));
  return kills.sort((left, right) => left.acknowledgedCount - right.acknowledgedCount);
}
