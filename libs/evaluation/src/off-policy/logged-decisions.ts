/** Decisions that chance made with known probabilities, as columns: what a logging policy leaves behind. */
export interface LoggedDecisions {
  readonly count: number;
  /** Options of decision d are rows `starts[d]` up to `starts[d + 1]`, [count + 1]. */
  readonly starts: Uint32Array;
  /** Of the logging policy, [rows]; those of a decision sum to 1. */
  readonly propensities: Float64Array;
  /** Row that was drawn, [count]. */
  readonly chosen: Uint32Array;
  /** What came of it, [count]. */
  readonly rewards: Float64Array;
  /** Decisions of one cluster, such as a user, lean on each other; from 0 without gaps, [count]. */
  readonly clusters: Uint32Array;
}

/** Collects decisions one by one. */
export class LoggedDecisionsBuilder {
  readonly #starts: number[] = [0];
  readonly #propensities: number[] = [];
  readonly #chosen: number[] = [];
  readonly #rewards: number[] = [];
  readonly #clusters: number[] = [];
  readonly #clusterOf = new Map<string, number>();

  add(decision: {
    readonly propensities: ArrayLike<number>;
    /** Index of the option that was drawn. */
    readonly chosen: number;
    readonly reward: number;
    readonly cluster: string;
  }): void {
    const { propensities, chosen, reward, cluster } = decision;
    this.#chosen.push(this.#propensities.length + chosen);
    for (let option = 0; option < propensities.length; option += 1)
      this.#propensities.push(propensities[option]);
    this.#starts.push(this.#propensities.length);
    this.#rewards.push(reward);
    const known = this.#clusterOf.get(cluster) ?? this.#clusterOf.size;
    this.#clusterOf.set(cluster, known);
    this.#clusters.push(known);
  }

  build(): LoggedDecisions {
    return {
      count: this.#rewards.length,
      starts: Uint32Array.from(this.#starts),
      propensities: Float64Array.from(this.#propensities),
      chosen: Uint32Array.from(this.#chosen),
      rewards: Float64Array.from(this.#rewards),
      clusters: Uint32Array.from(this.#clusters),
    };
  }
}
