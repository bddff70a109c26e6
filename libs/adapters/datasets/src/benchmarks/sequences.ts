import type { InteractionLog } from '@winnow/evaluation';
import { DatasetError } from '../dataset-error';
import type { FindOptions } from '../find-dataset';
import { findBenchmark } from './find-benchmark';
import { readIdLines } from './id-lines';

/** Everybody's items, oldest first. */
type Sequences = Map<number, number[]>;

/**
 * A benchmark of bare sequences as a log: users and ordinals are the file's own numbers, and the time of an interaction
 * is its place in its user's sequence, because that is all the file says.
 *
 * @throws DatasetError when it is not there, or is not what it should be.
 */
export async function readSequences(
  name: 'ml-1m-sequences' | 'amazon-beauty',
  options: FindOptions = {},
): Promise<InteractionLog> {
  const found = findBenchmark(name, options);
  if (!found.ok) throw found.error;
  const [path] = found.value;
  if (name === 'amazon-beauty') return logOf(await userLines(path));
  return logOf(path.endsWith('ml-1m.txt') ? await pairLines(path) : await bareLines(path));
}

/** A published split into what is learned from and what is asked. */
export interface PublishedSplit {
  readonly train: InteractionLog;
  readonly test: InteractionLog;
}

/** @throws DatasetError when it is not there, or is not what it should be. */
export async function readPublishedSplit(
  name: 'gowalla',
  options: FindOptions = {},
): Promise<PublishedSplit> {
  const found = findBenchmark(name, options);
  if (!found.ok) throw found.error;
  const [train, test] = found.value;
  return { train: logOf(await userLines(train)), test: logOf(await userLines(test)) };
}

/** `user item item …` */
async function userLines(path: string): Promise<Sequences> {
  const sequences: Sequences = new Map();
  for await (const { line, ids } of readIdLines(path)) {
    const [user, ...items] = ids;
    if (sequences.has(user))
      throw new DatasetError('damaged', `${path}, line ${line}: user ${user} has a line already`);
    sequences.set(user, items);
  }
  return sequences;
}

/** `user item`, a line for each interaction. */
async function pairLines(path: string): Promise<Sequences> {
  const sequences: Sequences = new Map();
  for await (const { line, ids } of readIdLines(path)) {
    if (ids.length !== 2) throw new DatasetError('damaged', `${path}, line ${line}: expected "user item"`);
    const [user, item] = ids;
    const sequence = sequences.get(user);
    if (sequence) sequence.push(item);
    else sequences.set(user, [item]);
  }
  return sequences;
}

/** A line for each user, without the user. */
async function bareLines(path: string): Promise<Sequences> {
  const sequences: Sequences = new Map();
  for await (const { ids } of readIdLines(path)) sequences.set(sequences.size, [...ids]);
  return sequences;
}

/** Sorted by place, then by user in the order of the file. */
function logOf(sequences: Sequences): InteractionLog {
  const rows = [...sequences];
  const count = rows.reduce((sum, [, items]) => sum + items.length, 0);
  const log = {
    users: new Uint32Array(count),
    ordinals: new Uint32Array(count),
    timesMs: new Float64Array(count),
  };
  let at = 0;
  for (let place = 0, open = rows; open.length > 0; place += 1) {
    open = open.filter(([, items]) => items.length > place);
    for (const [user, items] of open) {
      log.users[at] = user;
      log.ordinals[at] = items[place];
      log.timesMs[at] = place;
      at += 1;
    }
  }
  return log;
}
