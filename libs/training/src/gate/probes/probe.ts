import type { Interaction, UserState } from '@winnow/domain';
import type { GateProbeName } from '@winnow/reporting';

/** A question asked with made-up users, whose answer is one figure. */
export interface Probe {
  readonly probe: GateProbeName;
  /** Empty when there was nothing to make them from. */
  readonly users: readonly UserState[];
  /** Of what, or why there are no users. */
  readonly note: string;
  /** The figure, from the users' slates in their order. */
  measure(slates: readonly Uint32Array[]): number;
}

/** A user with a past, and the slate that the release gives them. */
export interface ProbedUser {
  readonly state: UserState;
  readonly slate: Uint32Array;
}

export const noUsers = (probe: GateProbeName, note: string): Probe => ({
  ...{ probe, note, users: [] },
  measure: () => NaN,
});

/** Share of `slate` that is in `other`, too. NaN for an empty slate. */
export function overlap(slate: Uint32Array, other: Uint32Array): number {
  const shown = new Set(other);
  return slate.filter((ordinal) => shown.has(ordinal)).length / slate.length;
}

/** The same person with another history; what was seen stays seen. */
export const withHistory = (state: UserState, recentInteractions: readonly Interaction[]): UserState => ({
  ...state,
  recentInteractions,
});
