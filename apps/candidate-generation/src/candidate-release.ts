import { readFile } from 'node:fs/promises';
import type { AnnIndexError } from '@winnow/ann-index';
import {
  ordinal,
  type CatalogFeed,
  type Description,
  type EventFeed,
  type ReleaseManifest,
  type VectorIndex,
  type VerifiedRelease,
} from '@winnow/domain';
import { FeatureSet, type FeatureSetJson, type ItemTable } from '@winnow/features';
import { readTensorFile } from '@winnow/model-registry';
import { CandidateEngine, catalogueContent, TwoTower } from '@winnow/models';
import { ItemState, type Logger } from '@winnow/platform';
import { IndexUpdates } from './index-updates';
import { openIndex } from './open-index';

/** A release that serves a little stale is better than none; the rest arrives while it serves. */
const CATCH_UP_MS = 30_000;

export interface LoadCandidateReleaseOptions {
  readonly release: VerifiedRelease;
  readonly description: Pick<Description, 'events' | 'training'>;
  readonly catalogFeed: CatalogFeed;
  readonly eventFeed: EventFeed;
  readonly logger: Logger;
  /** The native library is missing; the exact index answers instead. */
  readonly onFallback: (error: AnnIndexError) => void;
  /** Items whose change did not reach the index. */
  readonly onUpdateError: (error: unknown, ordinals: Uint32Array) => void;
}

interface Parts {
  readonly state: ItemState;
  readonly tower: TwoTower;
  readonly index: VectorIndex;
  readonly engine: CandidateEngine;
  readonly updates: IndexUpdates;
}

/** Everything of one release that candidate generation answers from; its catalogue and its index are live. */
export class CandidateRelease {
  private constructor(
    readonly manifest: ReleaseManifest,
    private readonly parts: Parts,
  ) {}

  /**
   * Resolves when the catalogue and the index have caught up with the changes since the release was made.
   * Throws an Error that says what is wrong with the release; whatever was opened is closed again.
   */
  static async load(options: LoadCandidateReleaseOptions): Promise<CandidateRelease> {
    const changedEarly: number[] = [];
    let onChanged = (each: number): void => void changedEarly.push(each);
    const state = await ItemState.load({
      ...options,
      readTensorFile,
      parts: ['neighbours'],
      onItemUpserted: (item) => onChanged(item.ordinal),
      onItemRemoved: (each) => onChanged(each),
    });
    try {
      const parts = await openParts(options, state);
      onChanged = (each) => parts.updates.changed(each);
      changedEarly.forEach(onChanged);
      // The index was built over every item that has a vector; what was unavailable then must not use up quotas.
      for (let each = 0; each < state.items.ordinalLimit; each += 1)
        if (state.items.has(each) && !state.items.isAvailable(each)) onChanged(each);
      const loaded = new CandidateRelease(options.release.manifest, parts);
      await loaded.catchUp(options.logger);
      return loaded;
    } catch (thrown) {
      await state.stop();
      throw thrown;
    }
  }

  get engine(): CandidateEngine {
    return this.parts.engine;
  }

  get items(): ItemTable {
    return this.parts.state.items;
  }

  get index(): VectorIndex {
    return this.parts.index;
  }

  async close(): Promise<void> {
    const { state, updates, index, tower } = this.parts;
    await state.stop();
    await updates.close();
    await index.close();
    tower.dispose();
  }

  private async catchUp(logger: Logger): Promise<void> {
    const { state, updates } = this.parts;
    if (!(await state.caughtUp(CATCH_UP_MS)))
      logger.warn({ release: this.manifest.version }, 'serving before the catalogue has caught up');
    await updates.settled();
  }
}

async function openParts(options: LoadCandidateReleaseOptions, state: ItemState): Promise<Parts> {
  const { release, description } = options;
  const { manifest } = release;
  const { items, neighbours } = state;
  const featureSet = await readFeatureSet(release);
  const tower = TwoTower.fromTensors(await readTensorFile(release.filePath('two-tower.safetensors')), {
    content: catalogueContent(featureSet, items),
    profile: featureSet,
  });
  if (tower.dimension !== manifest.dimension)
    throw new Error(`towers have dimension ${tower.dimension}, the manifest says ${manifest.dimension}`);
  const isPositive = positiveEventTypes(manifest, description);
  const opened = await openIndex(release, options.onFallback);
  if (!opened.ok) throw new Error(`${opened.error.reason}; ${opened.error.remedy}`);
  const index = opened.value;
  const engine = new CandidateEngine({
    tower,
    index,
    neighbours,
    positiveEventTypes: isPositive,
    vectorOf: (each) => vectorOf({ ordinal: each, items, index, tower }),
  });
  const updates = new IndexUpdates({
    index,
    isAvailable: (each) => items.isAvailable(each),
    encodeItems: (ordinals) => tower.encodeItems(ordinals),
    onError: options.onUpdateError,
  });
  return { state, tower, index, engine, updates };
}

async function readFeatureSet(release: VerifiedRelease): Promise<FeatureSet> {
  const { featureSetHash } = release.manifest;
  const json = await readFile(release.filePath('feature-set.json'), 'utf8');
  const featureSet = FeatureSet.fromJSON(JSON.parse(json) as FeatureSetJson);
  if (featureSet.hash !== featureSetHash)
    throw new Error(`feature set ${featureSet.hash} is not the manifest's ${featureSetHash}`);
  return featureSet;
}

/** By index into the release's event types, which are what interactions on the wire speak. */
function positiveEventTypes(
  { eventTypes }: ReleaseManifest,
  { events }: Pick<Description, 'events'>,
): boolean[] {
  return eventTypes.map((name) => {
    const event = events.find((each) => each.name === name);
    if (!event) throw new Error(`the release knows event type ${name}, winnow.yaml does not`);
    return event.sentiment === 'positive';
  });
}

/** The index has the available items' vectors; what was sold out or hidden since is encoded anew. */
async function vectorOf(options: {
  readonly ordinal: number;
  readonly items: ItemTable;
  readonly index: VectorIndex;
  readonly tower: TwoTower;
}): Promise<Float32Array | null> {
  const stored = await options.index.vector(ordinal(options.ordinal));
  if (stored || !options.items.has(options.ordinal)) return stored;
  return options.tower.encodeItems([options.ordinal]);
}
