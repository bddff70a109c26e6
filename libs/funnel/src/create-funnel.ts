import { randomUUID } from 'node:crypto';
import {
  invariant,
  ok,
  slateId,
  surfaceName,
  type Description,
  type Interaction,
  type Ordinal,
  type Random,
  type ReleaseVersion,
  type Result,
  type ScoredCandidate,
  type SlateId,
  type StageError,
  type SurfaceDescription,
  type UserId,
} from '@winnow/domain';
import { surfaceVariants, unitPosition, type ArmAssignment } from '@winnow/experiments';
import {
  ComponentHealth,
  describe,
  PipelineRunner,
  silentObserver,
  silentTracer,
  type Degradation,
  type PipelineObserver,
  type PipelineRun,
  type PipelineTracer,
} from '@winnow/pipeline';
import type { Expression } from './expressions/expression';
import { ExpressionCompiler } from './expressions/expression-compiler';
import type { FunnelPipeline, FunnelQuery } from './funnel-query';
import { ANONYMOUS, queryWithState } from './hydrators/user-state.hydrator';
import { CandidateCache } from './lists/candidate-cache';
import { CandidateLists } from './lists/candidate-lists';
import { funnelParts, type FunnelAblation, type FunnelParts } from './pipelines/funnel-parts';
import { homePipeline } from './pipelines/home.pipeline';
import { similarPipeline } from './pipelines/similar.pipeline';
import { switchable } from './pipelines/switchable';
import type { FunnelPorts } from './ports';
import { headWeights } from './scorers/value-model';
import { encodePageToken, PAGED_ITEMS_MAX, type PageToken } from './slate/page-token';
import type { FunnelWatch } from './slate/item-fates';
import { ReasonWriter } from './slate/reasons';
import type { ServedFunnelSlate, Slate, SlateItem } from './slate/slate';
import { slateTraceOf } from './slate/slate-trace';
import { TraceRecorder } from './slate/trace-recorder';

/** Surfaces with a pipeline file of their own; every other surface of winnow.yaml runs the home funnel. */
const PIPELINES: Readonly<Record<string, (parts: FunnelParts) => FunnelPipeline>> = {
  home: homePipeline,
  similar: similarPipeline,
};

/** Candidates remembered per user. */
const REMEMBERED_COUNT = 300;

export interface FunnelOptions {
  readonly description: Description;
  /** The release that ports answer from, and that every request is pinned to. */
  readonly release: ReleaseVersion;
  readonly ports: FunnelPorts;
  /** Shared between the funnels of a process, so that what was learned outlives a release. */
  readonly health?: ComponentHealth;
  readonly cache?: CandidateCache;
  readonly expressions?: ExpressionCompiler;
  /** Of another funnel of the same release, which keeps them fresh. */
  readonly lists?: CandidateLists;
  readonly tracer?: PipelineTracer;
  readonly observer?: PipelineObserver;
  /** What to switch off, to see what it is worth. */
  readonly ablation?: FunnelAblation;
  /** Restricts the vocabulary, for offline evaluation. */
  readonly eligible?: (ordinal: number) => boolean;
  /** False: no budgets, no circuit breakers, no quality factors, so that a run repeats exactly. Default true. */
  readonly deadlines?: boolean;
  readonly newSlateId?: () => SlateId;
  /** The kill switch: asked at every request, by component. Default: nothing is off. */
  readonly isOff?: (component: string) => boolean;
  /** What exploring re-rankers draw with. Absent: none explores, as offline, where a run repeats exactly. */
  readonly random?: Random;
}

/** A validated request, in the funnel's own words. */
export interface FunnelRequest {
  readonly requestId: string;
  readonly userId: UserId;
  readonly sessionId?: string;
  /** A surface of the description. */
  readonly surface: string;
  /** 1 to 500. */
  readonly k: number;
  readonly nowMs: number;
  readonly context?: Readonly<Record<string, string>>;
  readonly recentInteractions?: readonly Interaction[];
  readonly seedOrdinals?: readonly Ordinal[];
  readonly excludedOrdinals?: readonly Ordinal[];
  readonly filter?: Expression | null;
  readonly explain?: boolean;
  /** Runs no side effect. */
  readonly dryRun?: boolean;
  readonly page?: PageToken | null;
  /** For the last attempt: a stage that has not loaded the release fails open like any other. */
  readonly tolerateMissingRelease?: boolean;
  /** Monotonic; the surface's own deadline holds besides. */
  readonly deadlineAtMs?: number;
  readonly signal?: AbortSignal;
  /** Narrows the funnel under load, in (0, 1]. */
  readonly loadFactor?: number;
  /** Sees every step, for `ItemFates`. */
  readonly watch?: FunnelWatch;
  /** What experiments make of the request. Default: the surface as it is described. */
  readonly experiments?: Pick<ArmAssignment, 'arms' | 'variant'>;
  /** What had been given up before the funnel was asked; goes first in `slate.degraded`. */
  readonly degraded?: readonly Degradation[];
}

/** A slate, and what is left to do once it has been sent. */
export interface Recommendation {
  readonly slate: Slate;
  /** Runs the side effects; call it after the reply. Never rejects for a failing effect. */
  afterReply(): Promise<void>;
}

/** One release's funnel over all surfaces. */
export interface Funnel {
  readonly release: ReleaseVersion;
  readonly surfaces: readonly string[];
  /** Refresh it every second or so; offline, once before the first request. */
  readonly lists: CandidateLists;
  /**
   * A `client` error names the field at fault. Any other failure is in `slate.degraded`, except that a stage
   * which has not loaded the release makes the whole request an error with reason RELEASE_NOT_LOADED.
   */
  recommend(request: FunnelRequest): Promise<Result<Recommendation, StageError>>;
  /** The stages of a surface in order, in words. */
  describe(surface: string): string;
}

interface SurfaceFunnel {
  readonly description: SurfaceDescription;
  readonly pipeline: FunnelPipeline;
  readonly runner: PipelineRunner<FunnelQuery, ScoredCandidate, ServedFunnelSlate>;
}

class ReleaseFunnel implements Funnel {
  readonly release: ReleaseVersion;
  readonly lists: CandidateLists;
  readonly #options: FunnelOptions;
  /** By surface, then by variant; the surface as described under the empty name. */
  readonly #surfaces: ReadonlyMap<string, ReadonlyMap<string, SurfaceFunnel>>;
  readonly #reasons: ReasonWriter;
  readonly #health: ComponentHealth;
  /** The heavy ranker's, the same for every reply of one release. */
  #heads: readonly string[] = [];

  constructor(options: FunnelOptions) {
    const { description, ports, eligible } = options;
    const { clock, items, counters } = ports;
    this.#options = options;
    this.release = options.release;
    const halfLifeCount = description.training.trendingHalfLifeHours.length;
    this.lists = options.lists ?? new CandidateLists({ items, counters, clock, halfLifeCount, eligible });
    this.#reasons = new ReasonWriter({ description, items, vectors: ports.vectors });
    this.#health = options.health ?? new ComponentHealth({ clock, adaptive: options.deadlines ?? true });
    const cache = options.cache ?? new CandidateCache({ clock });
    const expressions = options.expressions ?? new ExpressionCompiler(description);
    this.#surfaces = new Map(
      description.surfaces.map((surface) => {
        const variants = description.experiments ? surfaceVariants(surface, description.experiments) : [];
        const all = [{ name: '', surface }, ...variants];
        return [
          surface.name,
          new Map(all.map((one) => [one.name, this.#surface(one.surface, { cache, expressions })])),
        ];
      }),
    );
  }

  get surfaces(): readonly string[] {
    return [...this.#surfaces.keys()];
  }

  describe(surface: string): string {
    return describe(this.#surfaceNamed(surface).pipeline);
  }

  async recommend(request: FunnelRequest): Promise<Result<Recommendation, StageError>> {
    const { description, runner } = this.#surfaceNamed(request.surface, request.experiments?.variant);
    const { clock } = this.#options.ports;
    const ownDeadlineAtMs =
      this.#options.deadlines === false ? Infinity : clock.monotonicMs() + description.deadlineMs;
    const { requestId, signal, loadFactor, watch } = request;
    const result = await runner.run({
      query: this.#query(request),
      requestId,
      signal,
      loadFactor,
      watch,
      deadlineAtMs: Math.min(ownDeadlineAtMs, request.deadlineAtMs ?? Infinity),
    });
    if (!result.ok) return result;
    const run = result.value;
    const slate = this.#slate(request, run);
    return ok({
      slate,
      afterReply: () => runner.runSideEffects(run.query, servedSlateOf(request, { run, slate })),
    });
  }

  #surface(
    surface: SurfaceDescription,
    shared: { readonly cache: CandidateCache; readonly expressions: ExpressionCompiler },
  ): SurfaceFunnel {
    const { description, ports, eligible, ablation = {}, deadlines = true, random } = this.#options;
    const parts = funnelParts({
      ...shared,
      description,
      surface,
      ports,
      eligible,
      ablation,
      deadlines,
      random,
      lists: this.lists,
      onHeads: (heads) => {
        this.#heads = heads;
      },
    });
    const pipeline = switchable((PIPELINES[surface.name] ?? homePipeline)(parts), this.#options.isOff);
    const runner = new PipelineRunner(pipeline, {
      clock: ports.clock,
      health: this.#health,
      tracer: this.#options.tracer ?? silentTracer,
      observer: this.#options.observer ?? silentObserver,
    });
    return { description: surface, pipeline, runner };
  }

  #surfaceNamed(name: string, variant = ''): SurfaceFunnel {
    const surface = this.#surfaces.get(name)?.get(variant);
    invariant(surface !== undefined, `no surface is called ${name}, or none has a variant ${variant}`);
    return surface;
  }

  #query(request: FunnelRequest): FunnelQuery {
    const { seedOrdinals = [], excludedOrdinals = [], recentInteractions = [], page, context = {} } = request;
    const { newSlateId = () => slateId(randomUUID()) } = this.#options;
    const id = newSlateId();
    const draft = { requestInteractions: recentInteractions, seedOrdinals, context, nowMs: request.nowMs };
    return {
      ...draft,
      ...queryWithState(this.#options.description, draft, ANONYMOUS),
      requestId: request.requestId,
      release: this.release,
      userId: request.userId,
      k: request.k,
      excludedOrdinals: new Set([...excludedOrdinals, ...seedOrdinals, ...(page?.servedOrdinals ?? [])]),
      filter: request.filter ?? null,
      dryRun: request.dryRun ?? false,
      tolerateMissingRelease: request.tolerateMissingRelease ?? false,
      queryVector: null,
      slateId: id,
      trace: !request.dryRun && this.#isTraced(id) ? new TraceRecorder() : null,
    };
  }

  /** By the slate's own id, so that anybody can tell afterwards whether there should be a trace. */
  #isTraced(id: SlateId): boolean {
    const { description, ports } = this.#options;
    const { traceShare } = description.slateLog;
    return traceShare > 0 && ports.servedSlates !== null && unitPosition('slate-trace', id) < traceShare;
  }

  #slate(request: FunnelRequest, run: PipelineRun<FunnelQuery, ScoredCandidate>): Slate {
    const { description } = this.#options;
    const served = request.page?.servedOrdinals ?? [];
    const chosen = run.selected.slice(0, request.k);
    const all = [...served, ...chosen.map(({ ordinal }) => ordinal)];
    const more = run.selected.length > 0 && chosen.length === request.k && all.length < PAGED_ITEMS_MAX;
    return {
      slateId: run.query.slateId,
      release: this.release,
      items: chosen.map((candidate, index) =>
        this.#slateItem(candidate, {
          query: run.query,
          position: served.length + index,
          explain: request.explain ?? false,
        }),
      ),
      heads: headWeights(this.#heads, description.objectives),
      degraded: [...(request.degraded ?? []), ...run.degraded],
      arms: request.experiments?.arms ?? [],
      timings: run.timings,
      nextPageToken: more
        ? encodePageToken({ surface: request.surface, release: this.release, servedOrdinals: all })
        : '',
      diagnostics: run.diagnostics,
    };
  }

  #slateItem(
    candidate: ScoredCandidate,
    { query, position, explain }: { query: FunnelQuery; position: number; explain: boolean },
  ): SlateItem {
    const { items } = this.#options.ports;
    const { ordinal, score, provenance, stageScores, headValues, exploration } = candidate;
    const id = items.itemId(ordinal);
    invariant(id !== null, `ordinal ${ordinal} passed the availability filter without an id`);
    return {
      ordinal,
      itemId: id,
      score,
      position,
      provenance,
      stageScores,
      headValues,
      reasons: explain ? this.#reasons.reasons(query, candidate) : [],
      attributes: explain ? items.attributes(ordinal) : null,
      ...(exploration && { exploration }),
    };
  }
}

function servedSlateOf(
  request: FunnelRequest,
  { run, slate }: { readonly run: PipelineRun<FunnelQuery, ScoredCandidate>; readonly slate: Slate },
): ServedFunnelSlate {
  const recorder = run.query.trace;
  const learned = run.diagnostics.ranked.filter(({ provenance }) =>
    provenance.some(({ source }) => source === 'two-tower' || source === 'similar'),
  );
  return {
    slate: {
      slateId: slate.slateId,
      userId: request.userId,
      sessionId: request.sessionId ?? '',
      surface: surfaceName(request.surface),
      release: slate.release,
      servedAtMs: request.nowMs,
      degraded: slate.degraded.map(({ component }) => component),
      arms: slate.arms,
      items: slate.items.map(({ ordinal, position, score, provenance, exploration }) => ({
        ...{ ordinal, position, score },
        sources: provenance.map(({ source }) => source),
        ...(exploration && { exploration }),
      })),
      ...(recorder && { trace: slateTraceOf(run, { recorder, heads: slate.heads.map(({ head }) => head) }) }),
    },
    retrievedOrdinals: Uint32Array.from(learned.slice(0, REMEMBERED_COUNT), ({ ordinal }) => ordinal),
  };
}

/**
 * Builds one release's funnel from a description and ports. The same for serving, over gRPC clients, and for
 * `winnow evaluate`, over engines in its own process: what is evaluated is what serves.
 */
export function createFunnel(options: FunnelOptions): Funnel {
  return new ReleaseFunnel(options);
}
