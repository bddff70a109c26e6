import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The path of a part of the event log, always the same of the same log. */
export async function firstEventPart(eventLogFolder: string): Promise<string> {
  const files = await readdir(join(eventLogFolder, 'events'), { recursive: true });
  const parts = files.filter((path) => path.endsWith('.parquet')).sort();
  if (parts.length === 0) throw new Error('the event log holds no events');
  return join(eventLogFolder, 'events', parts[0]);
}
