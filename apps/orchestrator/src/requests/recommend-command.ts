import type { recommenderV1 } from '@winnow/contracts';
import {
  eventTypeIndex,
  itemId,
  userId,
  type Clock,
  type Description,
  type ItemId,
  type UserId,
} from '@winnow/domain';
import {
  decodePageToken,
  EXPRESSION_LENGTH_MAX,
  type Expression,
  type ExpressionCompiler,
  type PageToken,
} from '@winnow/funnel';
import { invalidArgument } from '@winnow/platform';
import { checkCountMax, checkId, checkIds, checkTextLength, checkTimeMs } from './field-checks';
import {
  CONTEXT_TEXT_MAX,
  CONTEXT_VALUES_MAX,
  EXCLUDED_ITEMS_MAX,
  K_DEFAULT,
  K_MAX,
  PAGE_TOKEN_LENGTH_MAX,
  RECENT_INTERACTIONS_MAX,
  SEED_ITEMS_MAX,
} from './request-limits';
import { ID_LENGTH_MAX } from '@winnow/domain';

/** Served when a request names no surface. */
const SURFACE_DEFAULT = 'home';

/** An interaction that the caller sent, checked; its item may still be unknown. */
export interface SentInteraction {
  readonly itemId: ItemId;
  /** Index into `Description.events`. */
  readonly eventType: number;
  readonly timeMs: number;
  readonly value: number;
}

/** A Recommend request that has been checked whole. Item ids are still the caller's: ordinals are a release's. */
export interface RecommendCommand {
  readonly userId: UserId;
  readonly sessionId: string;
  readonly surface: string;
  readonly k: number;
  readonly nowMs: number;
  readonly context: Readonly<Record<string, string>>;
  readonly recentInteractions: readonly SentInteraction[];
  readonly seedItemIds: readonly ItemId[];
  readonly excludedItemIds: readonly ItemId[];
  readonly filter: Expression | null;
  readonly explain: boolean;
  readonly dryRun: boolean;
  readonly page: PageToken | null;
}

export interface RecommendRequestReaderOptions {
  readonly description: Description;
  readonly expressions: ExpressionCompiler;
  readonly clock: Clock;
}

/** Checks Recommend requests, field by field, before anything is asked of anyone. */
export class RecommendRequestReader {
  readonly #options: RecommendRequestReaderOptions;
  readonly #surfaces: ReadonlySet<string>;

  constructor(options: RecommendRequestReaderOptions) {
    this.#options = options;
    this.#surfaces = new Set(options.description.surfaces.map(({ name }) => name));
  }

  /** Throws an RpcError (`invalid-argument`) that names the first field at fault. */
  read(request: recommenderV1.RecommendRequest): RecommendCommand {
    checkId('user_id', request.userId);
    checkTextLength('session_id', request.sessionId, ID_LENGTH_MAX);
    const surface = this.#surface(request.surface);
    const k = request.k ?? K_DEFAULT;
    if (k < 1 || k > K_MAX) throw invalidArgument('k', `must be 1 to ${K_MAX}, is ${k}`);
    const serverNowMs = this.#options.clock.nowMs();
    const nowMs = request.context?.timeMs ?? serverNowMs;
    checkTimeMs('context.time_ms', nowMs, serverNowMs);
    checkIds('seed_item_ids', request.seedItemIds, SEED_ITEMS_MAX);
    checkIds('excluded_item_ids', request.excludedItemIds, EXCLUDED_ITEMS_MAX);
    return {
      userId: userId(request.userId),
      sessionId: request.sessionId,
      surface,
      k,
      nowMs,
      context: contextOf(request.context),
      recentInteractions: this.#interactions(request.recentInteractions, { nowMs, serverNowMs }),
      seedItemIds: request.seedItemIds.map(itemId),
      excludedItemIds: request.excludedItemIds.map(itemId),
      filter: this.#filter(request.filter),
      explain: request.explain,
      dryRun: request.dryRun,
      page: pageOf(request.pageToken, surface),
    };
  }

  #surface(sent: string): string {
    const surface = sent === '' ? SURFACE_DEFAULT : sent;
    if (this.#surfaces.has(surface)) return surface;
    const shown = surface.slice(0, ID_LENGTH_MAX);
    throw invalidArgument(
      'surface',
      `no surface is called '${shown}'; known: ${[...this.#surfaces].join(', ')}`,
    );
  }

  #interactions(
    sent: recommenderV1.RecommendRequest['recentInteractions'],
    { nowMs, serverNowMs }: { readonly nowMs: number; readonly serverNowMs: number },
  ): readonly SentInteraction[] {
    checkCountMax('recent_interactions', sent.length, RECENT_INTERACTIONS_MAX);
    const { description } = this.#options;
    return sent.map((one, index) => {
      const field = `recent_interactions[${index}]`;
      checkId(`${field}.item_id`, one.itemId);
      const eventType = eventTypeIndex(description, one.eventType);
      if (eventType < 0) {
        const known = description.events.map(({ name }) => name).join(', ');
        const shown = one.eventType.slice(0, ID_LENGTH_MAX);
        throw invalidArgument(`${field}.event_type`, `no event type is called '${shown}'; known: ${known}`);
      }
      const { timeMs = nowMs, value = 1 } = one;
      checkTimeMs(`${field}.time_ms`, timeMs, serverNowMs);
      if (!Number.isFinite(value)) throw invalidArgument(`${field}.value`, `must be finite, is ${value}`);
      return { itemId: itemId(one.itemId), eventType, timeMs, value };
    });
  }

  #filter(source: string): Expression | null {
    if (source === '') return null;
    checkTextLength('filter', source, EXPRESSION_LENGTH_MAX);
    const compiled = this.#options.expressions.compile(source);
    if (compiled.ok) return compiled.value;
    throw invalidArgument('filter', compiled.error.reason);
  }
}

function contextOf(context: recommenderV1.Context | undefined): Readonly<Record<string, string>> {
  if (!context) return {};
  const { device, country, values } = context;
  const entries = Object.entries(values);
  checkCountMax('context.values', entries.length, CONTEXT_VALUES_MAX);
  checkTextLength('context.device', device, CONTEXT_TEXT_MAX);
  checkTextLength('context.country', country, CONTEXT_TEXT_MAX);
  for (const [name, value] of entries) {
    checkTextLength('context.values', name, CONTEXT_TEXT_MAX);
    checkTextLength(`context.values['${name}']`, value, CONTEXT_TEXT_MAX);
  }
  return { ...values, ...(device && { device }), ...(country && { country }) };
}

function pageOf(token: string, surface: string): PageToken | null {
  if (token === '') return null;
  checkTextLength('page_token', token, PAGE_TOKEN_LENGTH_MAX);
  const page = decodePageToken(token);
  if (!page.ok) throw invalidArgument('page_token', page.error.reason);
  if (page.value.surface !== surface)
    throw invalidArgument('page_token', `continues surface '${page.value.surface}', not '${surface}'`);
  return page.value;
}
