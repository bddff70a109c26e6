import type { Description } from '@winnow/domain';
import type { FeatureSet, ItemTable } from '@winnow/features';
import type { ItemVectors } from '@winnow/funnel';
import { catalogueContent, trainTwoTower } from '@winnow/models';
import type { TrainingProgress, TrainingReport, TwoTower, TwoTowerSources } from '@winnow/models';
import type { TensorFile } from '@winnow/domain';
import type { RunFrame } from './frame';

export interface TowerTrainingOptions {
  readonly description: Description;
  readonly frame: RunFrame;
  readonly items: ItemTable;
  readonly featureSet: FeatureSet;
  readonly seed: number;
  readonly onProgress?: (progress: TrainingProgress) => void;
  /** Goes on from this model, changing it, through all events of the frame, or those from `learnFromMs` on. */
  readonly from?: TwoTower;
  readonly learnFromMs?: number;
  /** Trains this model further, with early stopping, on the events that it does not know. */
  readonly warm?: { readonly tower: TwoTower; readonly learnFromMs: number } | null;
}

/** Items whose vectors are in memory twice, for a moment: few beside a large catalogue. */
const ENCODED_AT_ONCE = 65_536;

/** Epochs over everything when a trained tower takes in the newest events. */
const CONTINUED_EPOCHS = 1;
/** What has been there for less than this was met by hardly anybody: that nobody took it says nothing. */
const UNKNOWN_FOR_MS = 7 * 86_400_000;

/** What towers read of the catalogue and of a query. */
export const towerSources = (featureSet: FeatureSet, items: ItemTable): TwoTowerSources => ({
  content: catalogueContent(featureSet, items),
  profile: featureSet,
});

/** Trains a tower from nothing with early stopping, or takes a trained one through newer events. */
export function trainTower(
  options: TowerTrainingOptions,
): Promise<{ model: TwoTower; report: TrainingReport }> {
  const { description, frame, items, featureSet, from, learnFromMs, warm, seed, onProgress } = options;
  const { dimension, historyCountMax, twoTower, itemTable } = description.training;
  return trainTwoTower({
    ...twoTower,
    itemTable,
    ...(from ? { from, learnFromMs, epochsMax: CONTINUED_EPOCHS, validationShare: 0 } : {}),
    ...(warm ? { from: warm.tower, learnFromMs: warm.learnFromMs } : {}),
    events: frame.events,
    eventTypes: description.events,
    sources: towerSources(featureSet, items),
    catalogue: twoTower.spareNewItems ? offeredOrdinals(items, frame) : presentOrdinals(items),
    userAttributes: (user) => frame.userAttributes[user] ?? {},
    seed,
    dimension,
    historyCountMax,
    onProgress,
  });
}

/** Ordinals of all items in the table, ascending. */
export function presentOrdinals(items: ItemTable): Uint32Array {
  const present: number[] = [];
  for (let ordinal = 0; ordinal < items.ordinalLimit; ordinal += 1)
    if (items.has(ordinal)) present.push(ordinal);
  return Uint32Array.from(present);
}

/**
 * Items that somebody took, or that nobody took although they were there, ascending: what negatives are drawn from. Of what
 * arrives after the frame there would be nothing but negatives, and towers would learn to shun new items by their content.
 */
export function offeredOrdinals(items: ItemTable, { events }: Pick<RunFrame, 'events'>): Uint32Array {
  const taken = new Set(events.ordinals);
  const knownFromMs = (events.timesMs[events.count - 1] ?? 0) - UNKNOWN_FOR_MS;
  return presentOrdinals(items).filter(
    (ordinal) => taken.has(ordinal) || items.firstSeenAtMs(ordinal) <= knownFromMs,
  );
}

/** Item tower output for the whole catalogue, [ordinalLimit, dimension]; absent ordinals stay zero. */
export async function encodeCatalogue(tower: TwoTower, items: ItemTable): Promise<Float32Array> {
  const { dimension } = tower;
  const ordinals = presentOrdinals(items);
  const vectors = new Float32Array(items.ordinalLimit * dimension);
  for (let from = 0; from < ordinals.length; from += ENCODED_AT_ONCE) {
    const part = ordinals.subarray(from, from + ENCODED_AT_ONCE);
    const encoded = await tower.encodeItems(part);
    part.forEach((ordinal, index) =>
      vectors.set(encoded.subarray(index * dimension, (index + 1) * dimension), ordinal * dimension),
    );
  }
  return vectors;
}

/** Rows of a [rows, dimension] matrix by ordinal; null for zero rows and for ordinals beyond it. */
export function matrixVectors(matrix: Float32Array, dimension: number): ItemVectors {
  return {
    dimension,
    vector(ordinal) {
      const row = matrix.subarray(ordinal * dimension, (ordinal + 1) * dimension);
      return row.length === dimension && row.some((value) => value !== 0) ? row : null;
    },
  };
}

export const vectorsToTensors = (vectors: Float32Array, dimension: number): TensorFile => ({
  metadata: { kind: 'item-vectors' },
  tensors: { vectors: { shape: [vectors.length / dimension, dimension], data: vectors } },
});

export const vectorsFromTensors = (file: TensorFile): Float32Array =>
  file.tensors['vectors'].data as Float32Array;
