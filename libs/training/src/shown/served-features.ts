import type { Description, EventColumns, SlateLogReader, TensorFile, TracedSlate } from '@winnow/domain';
import { observedFeatureNamesOf, rankingFeatureNamesOf } from '@winnow/features';
import type { ShownFrame } from './shown-frame';

/** A trace is some tens of kilobytes here; so many are no more than a run's frame. */
const TRACE_COUNT_MAX = 1_000;

export interface ReadServedOptions {
  readonly description: Pick<Description, 'items'>;
  readonly slateLog: SlateLogReader;
  readonly events: EventColumns;
  readonly shown: ShownFrame;
}

/** What the heavy ranker was given for a slate. */
interface TracedRows {
  readonly ordinals: Uint32Array;
  /** Row-major [ordinals, features]. */
  readonly features: Float32Array;
}

/**
 * Features of slates that were shown, as the ranker was given them when it served: what it had heard of by then, late
 * events and all. Only those that the log and the catalogue decide: what the serving release's own vectors and tables said is
 * nothing that the next release will be told.
 */
export class ServedFeatures {
  #usedCount = 0;
  readonly #observed: readonly number[];

  /** `slates`: by index of {@link ShownFrame}. */
  constructor(
    private readonly names: readonly string[],
    observedNames: readonly string[],
    private readonly slates: ReadonlyMap<number, TracedRows>,
  ) {
    this.#observed = observedNames.map((name) => names.indexOf(name)).filter((column) => column >= 0);
  }

  static none(): ServedFeatures {
    return new ServedFeatures([], [], new Map());
  }

  /** Of traces with the features of today, all of them; others say nothing. Memory: O(traces · candidates · features). */
  static async read({ description, slateLog, events, shown }: ReadServedOptions): Promise<ServedFeatures> {
    const names = rankingFeatureNamesOf(description.items.attributes);
    const slates = new Map<number, TracedRows>();
    if (shown.count > 0) {
      const slateOf = new Map(
        Array.from(shown.users, (user, slate) => [
          `${shown.servedAtMs[slate]} ${events.userIds[user]}`,
          slate,
        ]),
      );
      const window = { fromMs: shown.servedAtMs[0], toMs: shown.servedAtMs[shown.count - 1] + 1 };
      for await (const batch of slateLog.sampleTraced({ ...window, countMax: TRACE_COUNT_MAX }))
        for (const traced of batch) {
          const slate = slateOf.get(`${traced.servedAtMs} ${traced.userId}`);
          const rows = rowsOf(traced);
          const { featureNames } = traced.trace;
          const isWhole = rows.features.length === rows.ordinals.length * names.length;
          if (slate !== undefined && featureNames.join() === names.join() && isWhole) slates.set(slate, rows);
        }
    }
    return new ServedFeatures(names, observedFeatureNamesOf(description.items.attributes), slates);
  }

  /** Slates whose features were put to use. */
  get usedCount(): number {
    return this.#usedCount;
  }

  /** Writes what was served over what was computed, row-major [ordinals, features], for the candidates that it is known of. */
  overwrite(slate: number, ordinals: Uint32Array, features: Float32Array): void {
    const traced = this.slates.get(slate);
    if (!traced) return;
    const width = this.names.length;
    const rowOf = new Map(Array.from(traced.ordinals, (ordinal, row) => [ordinal, row]));
    let found = false;
    ordinals.forEach((ordinal, row) => {
      const source = rowOf.get(ordinal);
      if (source === undefined) return;
      found = true;
      for (const column of this.#observed)
        features[row * width + column] = traced.features[source * width + column];
    });
    if (found) this.#usedCount += 1;
  }

  toTensors(): TensorFile {
    const slates = [...this.slates];
    const rows = slates.map(([, { ordinals }]) => ordinals);
    const features = slates.map(([, own]) => own.features);
    return {
      metadata: { kind: 'served-features', names: JSON.stringify(this.names) },
      tensors: {
        slates: column(Uint32Array.from(slates, ([slate]) => slate)),
        counts: column(Uint32Array.from(rows, ({ length }) => length)),
        ordinals: column(concatenated(rows, Uint32Array)),
        features: column(concatenated(features, Float32Array)),
      },
    };
  }

  static fromTensors(
    { tensors, metadata }: TensorFile,
    description: Pick<Description, 'items'>,
  ): ServedFeatures {
    const names = JSON.parse(metadata['names']) as string[];
    const counts = tensors['counts'].data as Uint32Array;
    const ordinals = tensors['ordinals'].data as Uint32Array;
    const features = tensors['features'].data as Float32Array;
    let from = 0;
    const slates = Array.from(tensors['slates'].data as Uint32Array, (slate, at): [number, TracedRows] => {
      const to = from + counts[at];
      const rows = {
        ordinals: ordinals.subarray(from, to),
        features: features.subarray(from * names.length, to * names.length),
      };
      from = to;
      return [slate, rows];
    });
    return new ServedFeatures(names, observedFeatureNamesOf(description.items.attributes), new Map(slates));
  }
}

/** The candidates that the heavy ranker scored: the first ones. */
const rowsOf = ({ trace: { candidates } }: TracedSlate): TracedRows => ({
  ordinals: candidates.ordinals.slice(0, candidates.heavyScores.length),
  features: candidates.features,
});

const column = <T extends Uint32Array | Float32Array>(data: T) => ({ shape: [data.length], data });

function concatenated<T extends Uint32Array | Float32Array>(
  parts: readonly T[],
  kind: new (length: number) => T,
): T {
  const all = new kind(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
