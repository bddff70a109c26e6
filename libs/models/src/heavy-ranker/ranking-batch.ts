import { shuffle } from '@winnow/domain';
import type { Random } from '@winnow/domain';
import type { RowGradients } from '@winnow/tensor';
import type { AttentionBlock } from '@winnow/tensor';
import { BatchItems } from '../items/batch-items';
import { HistorySlots } from '../items/history-slots';
import type { HistoryMatrices } from '../items/history-slots';
import type { ItemGradients } from '../items/item-representation';
import { POSITION_UNKNOWN } from '../ranking-examples';
import type { RankingExamples } from '../ranking-examples';
import { POSITION_ROWS } from './heavy-ranker';
import type { HeavyRankerParts, HeavyRankerTables } from './heavy-ranker';

/** The matrices of one batch, row-major; every query has exactly `width` rows, the last ones may be padding. */
export interface RankingBatchMatrices extends HistoryMatrices {
  readonly width: number;
  /** [queries · width, dim] */
  readonly candidates: Float32Array;
  /** [queries · width, featureCount] */
  readonly features: Float32Array;
  /** [queries · width, queries] */
  readonly queryOfCandidate: Float32Array;
  /** [queries, profileSize] */
  readonly profile: Float32Array;
  /** What display positions add to the logits, [queries · width, heads] */
  readonly position: Float32Array;
  /** [queries · width, heads] */
  readonly labels: Float32Array;
  /** 1, or 0 for padding, [queries · width] */
  readonly present: Float32Array;
  readonly attention: readonly AttentionBlock[];
}

export type HeavyRankerTableGradients = Readonly<Record<keyof HeavyRankerTables, RowGradients>>;

export interface RankingBatchOptions {
  readonly examples: RankingExamples;
  readonly parts: HeavyRankerParts;
  /** The examples' features after the scaler, row-major [n, featureCount]. */
  readonly scaledFeatures: Float32Array;
  /** Candidates per query and step: all positives, up to half, and a fresh draw of the others. */
  readonly width: number;
  readonly idDropShare: number;
  /** Every ordinal of the examples is below this. */
  readonly ordinalLimit: number;
}

/** Assembles batches of ranking examples and takes their slopes apart again. */
export class RankingBatch {
  private readonly batchItems: BatchItems;
  private readonly histories: HistorySlots;
  private queries: readonly number[] = [];
  /** Row of the examples behind each row of the batch; −1 for padding. */
  private rows: Int32Array = new Int32Array(0);
  private rowItems: Int32Array = new Int32Array(0);

  constructor(private readonly options: RankingBatchOptions) {
    const { examples, parts, ordinalLimit } = options;
    this.batchItems = new BatchItems(parts.items, ordinalLimit);
    this.histories = new HistorySlots({
      items: this.batchItems,
      tables: parts.tables,
      historyCountMax: parts.config.historyCountMax,
      events: examples.histories,
      blockSlotCount: 1,
    });
  }

  assemble(queries: readonly number[], random: Random): RankingBatchMatrices {
    const { parts, width, idDropShare } = this.options;
    const { config, tables } = parts;
    this.queries = queries;
    this.layOut(random);
    this.batchItems.represent(idDropShare, random);
    const rowCount = queries.length * width;
    const matrices = {
      candidates: new Float32Array(rowCount * config.dimension),
      features: new Float32Array(rowCount * config.featureCount),
      queryOfCandidate: new Float32Array(rowCount * queries.length),
      profile: new Float32Array(queries.length * config.profileSize),
      position: new Float32Array(rowCount * config.heads.length),
      labels: new Float32Array(rowCount * config.heads.length),
      present: new Float32Array(rowCount),
    };
    for (let row = 0; row < rowCount; row += 1) {
      matrices.queryOfCandidate[row * queries.length + Math.floor(row / width)] = 1;
      if (this.rows[row] >= 0) this.writeRow(row, matrices);
    }
    this.forEachProfileRow((query, profileRow, weight) =>
      tables.profile.addRow(profileRow, weight, matrices.profile, query * config.profileSize),
    );
    const history = this.histories.matrices();
    const attention = history.blocks.map((block, query) => ({
      ...block,
      queryFrom: query * width,
      queryTo: (query + 1) * width,
      biasRows: 1,
    }));
    return { ...history, ...matrices, width, attention };
  }

  /** Routes the slopes of the leaves back to the rows they came from. */
  takeApart(
    slopes: Readonly<Record<'slots' | 'last' | 'bias' | 'candidates' | 'profile' | 'position', Float32Array>>,
    gradients: { readonly items: ItemGradients; readonly tables: HeavyRankerTableGradients },
  ): void {
    const { config } = this.options.parts;
    this.histories.takeApart(slopes, gradients.tables, (item, slope, offset) =>
      this.batchItems.addSlope(item, slope, offset),
    );
    for (let row = 0; row < this.rows.length; row += 1) {
      if (this.rows[row] < 0) continue;
      this.batchItems.addSlope(this.rowItems[row], slopes.candidates, row * config.dimension);
      const positionRow = this.positionRow(this.rows[row]);
      if (positionRow >= 0)
        gradients.tables.position.add(positionRow, 1, slopes.position, row * config.heads.length);
    }
    this.forEachProfileRow((query, profileRow, weight) =>
      gradients.tables.profile.add(profileRow, weight, slopes.profile, query * config.profileSize),
    );
    this.batchItems.finish(gradients.items);
  }

  private layOut(random: Random): void {
    const { examples, width } = this.options;
    const { offsets } = examples.histories;
    this.histories.reset();
    this.rows = new Int32Array(this.queries.length * width).fill(-1);
    this.rowItems = new Int32Array(this.rows.length);
    this.queries.forEach((query, index) => {
      const [from, to] = [offsets[query], offsets[query + 1]];
      this.histories.addShared(from, to, [{ from, to, nowMs: examples.nowMs[query] }]);
      chooseRows({ examples, query, width, random }).forEach((row, place) => {
        this.rows[index * width + place] = row;
        this.rowItems[index * width + place] = this.batchItems.indexOf(examples.ordinals[row]);
      });
    });
  }

  private writeRow(
    row: number,
    matrices: Pick<RankingBatchMatrices, 'candidates' | 'features' | 'position' | 'labels' | 'present'>,
  ): void {
    const { examples, parts, scaledFeatures } = this.options;
    const { config, tables } = parts;
    const headCount = config.heads.length;
    const source = this.rows[row];
    this.batchItems.copyTo(this.rowItems[row], matrices.candidates, row * config.dimension);
    const features = scaledFeatures.subarray(
      source * config.featureCount,
      (source + 1) * config.featureCount,
    );
    matrices.features.set(features, row * config.featureCount);
    matrices.labels.set(
      examples.labels.subarray(source * headCount, (source + 1) * headCount),
      row * headCount,
    );
    matrices.present[row] = 1;
    const positionRow = this.positionRow(source);
    if (positionRow >= 0) tables.position.addRow(positionRow, 1, matrices.position, row * headCount);
  }

  private positionRow(source: number): number {
    const position = this.options.examples.positions[source];
    return position === POSITION_UNKNOWN ? -1 : Math.min(position, POSITION_ROWS - 1);
  }

  private forEachProfileRow(visit: (query: number, row: number, weight: number) => void): void {
    const { offsets, rows, weights } = this.options.examples.profiles;
    this.queries.forEach((query, index) => {
      for (let entry = offsets[query]; entry < offsets[query + 1]; entry += 1)
        visit(index, rows[entry], weights[entry]);
    });
  }
}

/** Rows of one query's group: its positives, up to half the width, then a random draw of the rest. */
export function chooseRows(options: {
  readonly examples: RankingExamples;
  readonly query: number;
  readonly width: number;
  readonly random: Random;
}): number[] {
  const { examples, query, width, random } = options;
  const { headCount, labels } = examples;
  const positives: number[] = [];
  const others: number[] = [];
  for (let row = examples.groupOffsets[query]; row < examples.groupOffsets[query + 1]; row += 1) {
    let positive = false;
    for (let head = 0; head < headCount; head += 1) positive ||= labels[row * headCount + head] > 0;
    (positive ? positives : others).push(row);
  }
  if (positives.length + others.length <= width) return [...positives, ...others];
  const kept = shuffle(positives, random).slice(0, Math.max(width - others.length, Math.floor(width / 2)));
  return [...kept, ...shuffle(others, random).slice(0, width - kept.length)];
}
