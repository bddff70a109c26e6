import type { Description, ObjectiveDescription } from '@winnow/domain';
import {
  areaUnderRoc,
  calibrationError,
  logLoss,
  meanOf,
  pairedDifference,
  type BootstrapOptions,
} from '@winnow/evaluation';
import type { GateHead, HeadFigures } from '@winnow/reporting';
import type { RunFrame } from '../../frame';
import type { RankedItems } from './asked-ranker';

/** What one release's heavy ranker said. */
export interface PredictingRelease {
  /** In the order of its predictions. */
  readonly heads: readonly string[];
  /** One per user. */
  readonly scored: readonly RankedItems[];
}

export interface HeadEvidenceOptions {
  readonly description: Description;
  readonly frame: RunFrame;
  readonly holdoutIndex: number;
  readonly users: readonly number[];
  readonly candidate: PredictingRelease;
  readonly serving: PredictingRelease | null;
  readonly bootstrap: BootstrapOptions;
}

const HOUR_MS = 3_600_000;

/**
 * How well each head that predicts odds does on the items that both releases scored, so that both are asked the same.
 * Heads that learn a value are left out: they give no odds.
 */
export function headEvidence(options: HeadEvidenceOptions): GateHead[] {
  const { objectives } = options.description;
  return objectives
    .filter(({ loss = 'log-loss' }) => loss === 'log-loss')
    .map((objective) => evidenceOf(objective, options));
}

function evidenceOf(objective: ObjectiveDescription, options: HeadEvidenceOptions): GateHead {
  const { candidate, bootstrap } = options;
  const { head } = objective;
  const serving = options.serving?.heads.includes(head) ? options.serving : null;
  const taken = takenItems(objective, options);
  const asked = commonRows(candidate, serving);
  const labels = asked.map(({ ordinals }, user) =>
    ordinals.map((ordinal) => Number(taken[user].has(ordinal))),
  );
  const own = measure(
    asked.map((rows, user) => predictionsOf(candidate, { head, user, rows: rows.own })),
    labels,
  );
  const theirs =
    serving &&
    measure(
      asked.map((rows, user) => predictionsOf(serving, { head, user, rows: rows.other })),
      labels,
    );
  return {
    head,
    predictionCount: labels.reduce((sum, each) => sum + each.length, 0),
    positiveCount: labels.reduce((sum, each) => sum + each.reduce((ones, label) => ones + label, 0), 0),
    candidate: own.figures,
    serving: theirs && theirs.figures,
    difference: theirs && {
      auc: pairedDifference(own.auc, theirs.auc, bootstrap),
      logLoss: pairedDifference(own.logLoss, theirs.logLoss, bootstrap),
    },
  };
}

function predictionsOf(
  { heads, scored }: PredictingRelease,
  { head, user, rows }: { readonly head: string; readonly user: number; readonly rows: Uint32Array },
): Float32Array {
  const column = heads.indexOf(head);
  const { headValues } = scored[user];
  return Float32Array.from(rows, (row) => headValues[row * heads.length + column]);
}

/** By user: items with the objective's event in the held-out slice, no later than the head looks ahead. */
function takenItems(
  { event, valueMin }: ObjectiveDescription,
  { description, frame: { events }, holdoutIndex, users }: HeadEvidenceOptions,
): Set<number>[] {
  const type = description.events.findIndex(({ name }) => name === event);
  const untilMs =
    (events.timesMs[holdoutIndex] ?? 0) + description.training.ranker.labelHorizonHours * HOUR_MS;
  const taken = new Map(users.map((user) => [user, new Set<number>()]));
  for (let index = holdoutIndex; index < events.count && events.timesMs[index] < untilMs; index += 1)
    if (events.eventTypes[index] === type && events.values[index] >= (valueMin ?? -Infinity))
      taken.get(events.users[index])?.add(events.ordinals[index]);
  return users.map((user) => taken.get(user) ?? new Set());
}

/** Rows of the items that both scored. */
interface CommonRows {
  readonly ordinals: Uint32Array;
  readonly own: Uint32Array;
  readonly other: Uint32Array;
}

const commonRows = (candidate: PredictingRelease, serving: PredictingRelease | null): CommonRows[] =>
  candidate.scored.map(({ ordinals }, user) => {
    const others = (serving ?? candidate).scored[user].ordinals;
    const rowOf = new Map(Array.from(others, (ordinal, row) => [ordinal, row]));
    const own = Uint32Array.from(ordinals, (_, row) => row).filter((row) => rowOf.has(ordinals[row]));
    const shared = own.map((row) => ordinals[row]);
    return { ordinals: shared, own, other: shared.map((ordinal) => rowOf.get(ordinal) ?? 0) };
  });

interface MeasuredHead {
  readonly figures: HeadFigures;
  /** [users]; NaN where everything or nothing was taken. */
  readonly auc: Float64Array;
  /** [users]; NaN where nothing was scored. */
  readonly logLoss: Float64Array;
}

/** Predictions and labels by user. */
function measure(predictions: readonly Float32Array[], labels: readonly Uint32Array[]): MeasuredHead {
  const each = (metric: typeof logLoss): Float64Array =>
    Float64Array.from(predictions, (values, user) => metric({ predictions: values, labels: labels[user] }));
  const known = (values: Float64Array): Float64Array => values.filter((value) => Number.isFinite(value));
  const [auc, loss] = [each(areaUnderRoc), each(logLoss)];
  const all = { predictions: concatenated(predictions), labels: concatenated(labels) };
  return {
    auc,
    logLoss: loss,
    figures: {
      auc: meanOf(known(auc)),
      logLoss: meanOf(known(loss)),
      calibrationError: calibrationError(all),
    },
  };
}

function concatenated(parts: readonly ArrayLike<number>[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
