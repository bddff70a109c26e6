/** How trials of a bracket compete for the full budget. */
export interface HalvingSettings {
  /** Of `factor` trials one goes on to the next rung, where its budget is `factor` times as large. */
  readonly factor: number;
  /** Budgets to pass through; 1: every trial gets the full one at once. */
  readonly rungs: number;
  /** Trials that compete with each other. */
  readonly bracketTrials: number;
}

/** What a trial reached on a rung; null when it failed. */
export interface RungResult {
  readonly trial: number;
  readonly objective: number | null;
}

/** Share of the full budget on a rung; 1 on the last. */
export const budgetShare = ({ factor, rungs }: HalvingSettings, rung: number): number =>
  factor ** (rung - rungs + 1);

/**
 * Trials that go on from a rung, best first: one of every `factor`, at least one, none that failed (Jamieson and Talwalkar,
 * AISTATS 2016). Of equals the earlier trial.
 */
export function promotedTrials(
  { factor }: HalvingSettings,
  results: readonly RungResult[],
): readonly number[] {
  const count = Math.max(1, Math.floor(results.length / factor));
  return results
    .filter(({ objective }) => objective !== null)
    .toSorted((left, right) => right.objective! - left.objective! || left.trial - right.trial)
    .slice(0, count)
    .map(({ trial }) => trial);
}
