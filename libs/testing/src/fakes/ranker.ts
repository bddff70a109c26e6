import {
  err,
  ok,
  RELEASE_NOT_LOADED,
  stageError,
  type CallContext,
  type ModelServiceProbe,
  type ModelServiceStatus,
  type RankReply,
  type RankRequest,
  type Ranker,
  type ReleaseVersion,
  type Result,
  type StageError,
} from '@winnow/domain';

export interface FakeRankerOptions {
  readonly component?: string;
  /** Score of one item; the ordinal itself unless given. */
  readonly scoreOf?: (ordinal: number, request: RankRequest) => number;
  readonly heads?: readonly string[];
  /** One prediction per head. */
  readonly headValuesOf?: (ordinal: number, request: RankRequest) => readonly number[];
  /** Absent means that every release is loaded. */
  readonly loadedReleases?: readonly ReleaseVersion[];
}

/** A ranker whose scores a spec dictates, and which fails or hangs when told to. */
export class FakeRanker implements Ranker, ModelServiceProbe {
  readonly #options: FakeRankerOptions;
  /** Every request so far. */
  readonly requests: RankRequest[] = [];
  /** When set, the answer to every request. */
  failure: StageError | null = null;
  latencyMs = 0;
  loadedReleases: readonly ReleaseVersion[] | null;

  constructor(options: FakeRankerOptions = {}) {
    this.#options = options;
    this.loadedReleases = options.loadedReleases ?? null;
  }

  async rank(request: RankRequest, _context: CallContext): Promise<Result<RankReply, StageError>> {
    const { component = 'fake-ranker', heads = [], headValuesOf = () => [] } = this.#options;
    const { scoreOf = (ordinal) => ordinal } = this.#options;
    this.requests.push(request);
    if (this.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, this.latencyMs));
    if (this.failure) return err(this.failure);
    const { release, ordinals } = request;
    if (this.loadedReleases && !this.loadedReleases.includes(release))
      return err(stageError('dependency', component, RELEASE_NOT_LOADED));
    return ok({
      release,
      scores: Float32Array.from(ordinals, (ordinal) => scoreOf(ordinal, request)),
      heads,
      headValues: Float32Array.from(
        Array.from(ordinals).flatMap((ordinal) => headValuesOf(ordinal, request)),
      ),
    });
  }

  async status(): Promise<Result<ModelServiceStatus, StageError>> {
    if (this.failure) return err(this.failure);
    return ok({ loadedReleases: this.loadedReleases ?? [], ready: true, backend: 'fake' });
  }
}
