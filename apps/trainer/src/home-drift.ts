import { readFile } from 'node:fs/promises';
import type { VerifiedRelease } from '@winnow/domain';
import { readTensorFile } from '@winnow/model-registry';
import type { DriftReport } from '@winnow/reporting';
import { measureDrift, readItems, readUserAttributes, readWindow } from '@winnow/training';
import { exactIndexOf, type TrainerPorts } from './composition-root';

/** Compares the newest days of a home's log with what a release was trained on; null when it kept nothing to compare with. */
export async function homeDrift(
  { ports, release }: { readonly ports: TrainerPorts; readonly release: VerifiedRelease },
  {
    days,
    onProgress,
  }: { readonly days: number; readonly onProgress?: (fraction: number, note: string) => void },
): Promise<DriftReport | null> {
  const { description, eventLog } = ports;
  const events = await readWindow(ports);
  const frame = { events, userAttributes: await readUserAttributes(eventLog, events) };
  return measureDrift(release, {
    ...{ description, frame, days, onProgress, exactIndexOf, readTensorFile },
    items: await readItems(ports),
    readJsonFile: async (path) => JSON.parse(await readFile(path, 'utf8')) as unknown,
  });
}
