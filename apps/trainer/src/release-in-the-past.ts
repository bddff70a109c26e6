import { readFile } from 'node:fs/promises';
import { releaseVersion, type EventColumns, type VerifiedRelease } from '@winnow/domain';
import { PointInTimeReplay, type ItemTable } from '@winnow/features';
import type { Funnel } from '@winnow/funnel';
import { readTensorFile } from '@winnow/model-registry';
import {
  buildItemRelations,
  firstIndexAt,
  frameUpTo,
  offlineFunnel,
  readItems,
  readUserAttributes,
  readWindow,
  releaseModels,
  replayedUsers,
  type RunFrame,
} from '@winnow/training';
import { exactIndexOf, type TrainerPorts } from './composition-root';

/** A release's funnel with what was known at one moment: histories, counters and relations end there. */
export interface ReleaseInThePast {
  readonly items: ItemTable;
  /** The whole window; users are asked for by their index in it. */
  readonly frame: RunFrame;
  /** Events of the frame before the moment. */
  readonly pastCount: number;
  readonly replay: PointInTimeReplay;
  readonly nowMs: number;
  readonly funnel: Funnel;
}

/** The release asked for, or the one that serves. Throws an Error that says what is missing or damaged. */
export async function openRelease(
  { registry }: Pick<TrainerPorts, 'registry'>,
  wanted?: string,
): Promise<VerifiedRelease> {
  const version = wanted === undefined ? (await registry.pointer()).current : releaseVersion(wanted);
  if (version === null) throw new Error('no release serves yet: make one with `winnow train`');
  const opened = await registry.open(version);
  if (!opened.ok) throw new Error(opened.error.reason);
  return opened.value;
}

/** Replays the event log up to a moment and puts the release's networks beside it. O(events). */
export async function releaseInThePast(
  release: VerifiedRelease,
  options: {
    readonly ports: TrainerPorts;
    /** Strictly before it is the past. */
    readonly momentOf: (events: EventColumns) => number;
    readonly onProgress: (fraction: number, note: string) => void;
  },
): Promise<ReleaseInThePast> {
  const { ports, momentOf, onProgress } = options;
  const { description, eventLog } = ports;
  onProgress(0, 'reading the event log');
  const events = await readWindow(ports);
  const frame: RunFrame = { events, userAttributes: await readUserAttributes(eventLog, events) };
  const items = await readItems(ports);
  const nowMs = momentOf(events);
  const pastCount = firstIndexAt(events.timesMs, nowMs);
  const past = frameUpTo(frame, pastCount);
  const replay = new PointInTimeReplay({ events: past.events, description });
  replay.advanceToTime(nowMs);
  onProgress(0.5, 'loading the release');
  const models = await releaseModels(release, {
    ...{ description, items, exactIndexOf, readTensorFile, counters: replay.counters },
    relations: await buildItemRelations(past, description),
    readJsonFile: async (path) => JSON.parse(await readFile(path, 'utf8')) as unknown,
  });
  const funnel = await offlineFunnel({ models, users: replayedUsers(past, replay), nowMs });
  return { items, frame, pastCount, replay, nowMs, funnel };
}
