import {
  err,
  ok,
  RELEASE_NOT_LOADED,
  stageError,
  type CallContext,
  type CandidateRetriever,
  type ModelServiceProbe,
  type ModelServiceStatus,
  type ReleaseVersion,
  type Result,
  type RetrieveReply,
  type RetrieveRequest,
  type StageError,
} from '@winnow/domain';

export interface FakeRetrieverOptions {
  /** What each source finds, best first; cut to the quota, exclusions taken out. */
  readonly sources: Readonly<Record<string, readonly number[]>>;
  readonly queryVector?: readonly number[];
  /** Absent means that every release is loaded. */
  readonly loadedReleases?: readonly ReleaseVersion[];
}

/** Candidate generation whose finds a spec dictates, and which fails or hangs when told to. */
export class FakeRetriever implements CandidateRetriever, ModelServiceProbe {
  readonly #options: FakeRetrieverOptions;
  /** Every request so far. */
  readonly requests: RetrieveRequest[] = [];
  /** When set, the answer to every request. */
  failure: StageError | null = null;
  latencyMs = 0;
  loadedReleases: readonly ReleaseVersion[] | null;

  constructor(options: FakeRetrieverOptions) {
    this.#options = options;
    this.loadedReleases = options.loadedReleases ?? null;
  }

  async retrieve(
    request: RetrieveRequest,
    _context: CallContext,
  ): Promise<Result<RetrieveReply, StageError>> {
    this.requests.push(request);
    if (this.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, this.latencyMs));
    if (this.failure) return err(this.failure);
    const { release } = request;
    if (this.loadedReleases && !this.loadedReleases.includes(release))
      return err(stageError('dependency', 'candidate-generation', RELEASE_NOT_LOADED));
    const excluded = new Set(request.excludedOrdinals);
    return ok({
      release,
      queryVector: Float32Array.from(this.#options.queryVector ?? []),
      sources: request.sources.map(({ source, quota }) => {
        const found = (this.#options.sources[source] ?? [])
          .filter((one) => !excluded.has(one))
          .slice(0, quota);
        return {
          source,
          ordinals: Uint32Array.from(found),
          scores: Float32Array.from(found, (_, rank) => 1 / (1 + rank)),
        };
      }),
    });
  }

  async status(): Promise<Result<ModelServiceStatus, StageError>> {
    if (this.failure) return err(this.failure);
    return ok({ loadedReleases: this.loadedReleases ?? [], ready: true, backend: 'fake' });
  }
}
