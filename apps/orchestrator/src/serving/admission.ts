/** Below this share of the bound, load does not narrow the funnel. */
const NARROW_FROM = 0.5;
/** Load never narrows the funnel below this; beyond, requests are shed. */
const LOAD_FACTOR_MIN = 0.1;

export interface AdmissionOptions {
  /** Requests answered at once; more are shed. */
  readonly inFlightMax: number;
}

/** Leave to answer one request; give it back when it is answered. */
export interface Admission {
  /** How much of the funnel to run, in [0.1, 1]. */
  readonly loadFactor: number;
  release(): void;
}

/**
 * Bounds the requests in flight. Overload narrows the funnel first: from half the bound on, each further request
 * scores fewer candidates. Only at the bound are requests shed.
 */
export class AdmissionGate {
  readonly #inFlightMax: number;
  #inFlight = 0;

  constructor({ inFlightMax }: AdmissionOptions) {
    this.#inFlightMax = inFlightMax;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Null when the request is to be shed. */
  admit(): Admission | null {
    if (this.#inFlight >= this.#inFlightMax) return null;
    this.#inFlight += 1;
    let released = false;
    return {
      loadFactor: this.#loadFactor(),
      release: () => {
        if (!released) this.#inFlight -= 1;
        released = true;
      },
    };
  }

  #loadFactor(): number {
    const narrowing = (this.#inFlight / this.#inFlightMax - NARROW_FROM) / (1 - NARROW_FROM);
    return 1 - Math.max(0, narrowing) * (1 - LOAD_FACTOR_MIN);
  }
}
