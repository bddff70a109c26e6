import { type DatasetName, downloadDataset, findDataset } from '@winnow/datasets';
import { reasonOf } from '@winnow/domain';
import type { Settings } from '../config.schema';
import type { CommandContext } from '../context';
import { SYNTHETIC } from '../dataset-import/choose-source';

/** In order of preference: small, real, and free to pass on. */
const PREFERRED: readonly DatasetName[] = ['movietweetings', 'online-retail'];
/** A machine without internet must not wait long to find out. */
const CONNECT_TIMEOUT_MS = 8_000;
const DOWNLOAD_TIMEOUT_MS = 60_000;

/** The name to import for a first look, and why it was chosen. */
export interface DemoChoice {
  readonly name: string;
  readonly reason: string;
}

/** A data set that lies here, else one that can be fetched, else the synthetic world. */
export async function chooseDemoSource(settings: Settings, context: CommandContext): Promise<DemoChoice> {
  for (const name of PREFERRED) {
    const found = findDataset(name, { dataDirs: settings.dataFolders });
    if (found.ok) return { name, reason: `found in ${found.value.folder}` };
  }
  const [name] = PREFERRED;
  context.terminal.note(`no data set in ${settings.dataFolders.join(', ')}; fetching ${name} …`);
  try {
    const signal = AbortSignal.any([context.signal, AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS)]);
    const { folder } = await downloadDataset(name, settings.dataFolders[0], {
      signal,
      retryDelayMs: 200,
      stallMs: CONNECT_TIMEOUT_MS,
    });
    return { name, reason: `fetched into ${folder}` };
  } catch (thrown) {
    const [why] = reasonOf(thrown).split('\n');
    return { name: SYNTHETIC, reason: `no data set lies here, and none could be fetched (${why})` };
  }
}
