import { ok, type Ranker } from '@winnow/domain';
import type { FunnelWatch } from '@winnow/funnel';
import type { OfflineModels } from '../../offline-funnel';

/** What a heavy ranker said of some items. */
export interface RankedItems {
  /** [n] */
  readonly ordinals: Uint32Array;
  /** [n] */
  readonly scores: Float32Array;
  /** Row-major [n, heads]. */
  readonly headValues: Float32Array;
}

/** What it said for one user: of the funnel's candidates, and of what the user was in truth shown afterwards. */
export interface AskedUser {
  readonly candidates: RankedItems;
  readonly shown: RankedItems;
}

const NOTHING: RankedItems = {
  ordinals: new Uint32Array(0),
  scores: new Float32Array(0),
  headValues: new Float32Array(0),
};

/**
 * Stands before a heavy ranker while the funnel is asked, one request per user, and asks it in passing for the items that
 * the user was shown later, too: an item's score does not depend on what else is in the request.
 */
export class AskedRanker implements Ranker {
  /** By index of the request. */
  readonly users: AskedUser[] = [];
  #index = 0;

  constructor(
    private readonly ranker: Ranker,
    /** By index of the request. */
    private readonly shown: readonly Uint32Array[],
  ) {}

  /** The same models, with this in the heavy ranker's place. */
  static of(
    models: OfflineModels,
    shown: readonly Uint32Array[],
  ): { readonly models: OfflineModels; readonly asked: AskedRanker } {
    const asked = new AskedRanker(models.heavyRanker, shown);
    return { asked, models: { ...models, heavyRanker: asked } };
  }

  /** Begins a request. It needs to see no step of the funnel. */
  watchOf(index: number): FunnelWatch {
    this.#index = index;
    this.users[index] = { candidates: NOTHING, shown: NOTHING };
    return () => undefined;
  }

  async rank(...[request, context]: Parameters<Ranker['rank']>): ReturnType<Ranker['rank']> {
    const shown = this.shown[this.#index];
    const count = request.ordinals.length;
    const ordinals = new Uint32Array(count + shown.length);
    ordinals.set(request.ordinals);
    ordinals.set(shown, count);
    const reply = await this.ranker.rank({ ...request, ordinals }, context);
    if (!reply.ok) return reply;
    const { scores, heads, headValues } = reply.value;
    const part = (from: number, to: number): RankedItems => ({
      ordinals: ordinals.subarray(from, to),
      scores: scores.subarray(from, to),
      headValues: headValues.subarray(from * heads.length, to * heads.length),
    });
    const candidates = part(0, count);
    this.users[this.#index] = { candidates, shown: part(count, ordinals.length) };
    return ok({ ...reply.value, scores: candidates.scores, headValues: candidates.headValues });
  }
}
