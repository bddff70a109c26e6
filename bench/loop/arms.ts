import { readFile } from 'node:fs/promises';
import {
  userId,
  type Clock,
  type Description,
  type TrackedEvent,
  type VerifiedRelease,
} from '@winnow/domain';
import { BestFirst, LinearWeights, NeighbourTable, type ItemTable } from '@winnow/features';
import { createFunnel, type Funnel } from '@winnow/funnel';
import { readTensorFile } from '@winnow/model-registry';
import { syntheticUserId } from '@winnow/synthetic-world';
import { releaseModels } from '@winnow/training';
import { exactIndexOf } from '../../apps/trainer/src/composition-root';
import { LiveState } from './live-state';
import { SLATE_SIZE, type Visit } from './simulated-shop';

/** One way to serve the shop, in a world of its own: what its slates lead to, only it learns of. */
export interface Arm {
  readonly name: string;
  slate(visit: Visit): Promise<readonly number[]>;
  learn(events: readonly TrackedEvent[]): void;
}

interface ArmOptions {
  readonly name: string;
  readonly description: Description;
  readonly items: ItemTable;
  readonly attributesOf: (userId: string) => Readonly<Record<string, string>>;
}

abstract class LearningArm implements Arm {
  readonly name: string;
  protected readonly state: LiveState;

  constructor(protected readonly options: ArmOptions) {
    this.name = options.name;
    this.state = new LiveState(options.description, options.attributesOf);
  }

  abstract slate(visit: Visit): Promise<readonly number[]>;

  learn(events: readonly TrackedEvent[]): void {
    const { events: types } = this.options.description;
    for (const { userId: user, ordinal, eventType, timeMs, value } of events) {
      const type = types.findIndex(({ name }) => name === eventType);
      // Impressions change nothing of what serving knows of somebody.
      if (type >= 0) this.state.apply(user, { ordinal, timeMs, value, eventType: type });
    }
  }
}

/** The most popular items of all time that the visitor has not had. */
export class PopularArm extends LearningArm {
  async slate({ user }: Visit): Promise<readonly number[]> {
    const { items } = this.options;
    const seen = this.state.seen(syntheticUserId(user));
    const { ordinals } = this.state.counters.top({
      ...{ halfLifeIndex: 'all-time', nowMs: 0, count: SLATE_SIZE },
      accept: (ordinal) => items.isAvailable(ordinal) && !seen.has(ordinal),
    });
    return Array.from(ordinals);
  }
}

/**
 * The best slate that there is: what the visitor likes most of what they have not had, by the truth that no recommender
 * knows. By falling liking is the best order of a cascade, too: whatever stands first is surest to be read.
 */
export class OracleArm extends LearningArm {
  constructor(
    options: ArmOptions,
    private readonly liking: (visit: Visit, item: number) => number,
  ) {
    super(options);
  }

  async slate(visit: Visit): Promise<readonly number[]> {
    const { items } = this.options;
    const seen = this.state.seen(syntheticUserId(visit.user));
    const best = new BestFirst(SLATE_SIZE);
    for (let item = 0; item < items.ordinalLimit; item += 1)
      if (items.isAvailable(item) && !seen.has(item)) best.offer(item, this.liking(visit, item));
    return Array.from(best.take().ordinals);
  }
}

/** How often the funnel's own lists are made anew, in simulated time. */
const REFRESH_MS = 10 * 60_000;

/** A release in the orchestrator's funnel, over engines in this process: no budgets, so that a run repeats exactly. */
export class ReleaseArm extends LearningArm {
  #funnel: Funnel | null = null;
  #refreshedAtMs = -Infinity;
  #nowMs = 0;

  /** Loads a release, as a service does: its networks and tables, and a vector for every item that is there now. */
  async load(release: VerifiedRelease): Promise<void> {
    const { description, items } = this.options;
    const { counters } = this.state;
    const read = (file: string) => readTensorFile(release.filePath(file));
    const models = await releaseModels(release, {
      ...{ description, items, counters, exactIndexOf, readTensorFile },
      relations: {
        neighbours: NeighbourTable.fromTensors(await read('neighbours.safetensors')),
        linearWeights: LinearWeights.fromTensors(await read('linear-weights.safetensors')),
      },
      readJsonFile: async (path) => JSON.parse(await readFile(path, 'utf8')) as unknown,
    });
    const clock: Clock = { nowMs: () => this.#nowMs, monotonicMs: () => performance.now() };
    this.#funnel = createFunnel({
      ...{ description, release: release.manifest.version, deadlines: false },
      ports: { ...models, onlineState: this.state, servedSlates: null, clock },
    });
    this.#refreshedAtMs = -Infinity;
  }

  async slate({ user, timeMs }: Visit): Promise<readonly number[]> {
    if (!this.#funnel) throw new Error(`${this.name} has no release`);
    this.#nowMs = timeMs;
    if (timeMs - this.#refreshedAtMs > REFRESH_MS) {
      await this.#funnel.lists.refresh(timeMs);
      this.#refreshedAtMs = timeMs;
    }
    const served = await this.#funnel.recommend({
      requestId: `${this.name}-${timeMs}`,
      userId: userId(syntheticUserId(user)),
      ...{ surface: 'home', k: SLATE_SIZE, nowMs: timeMs },
    });
    if (!served.ok) throw new Error(`${served.error.component}: ${served.error.reason}`);
    const { slate } = served.value;
    if (slate.degraded.length > 0)
      throw new Error(`${slate.degraded[0].component}: ${slate.degraded[0].reason}`);
    return slate.items.map(({ ordinal }) => ordinal);
  }
}
