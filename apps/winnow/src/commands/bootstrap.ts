import type { Command } from 'commander';
import { findDataset, isDatasetName } from '@winnow/datasets';
import { type CommandContext, requireDescription, settingsOf } from '../context';
import type { Settings } from '../config.schema';
import { SYNTHETIC } from '../dataset-import/choose-source';
import type { DemoChoice } from '../demo/choose-demo-source';
import { ensureImported, ensureRelease } from '../demo/prepare-home';

export function register(program: Command, context: CommandContext): void {
  program
    .command('bootstrap')
    .description('import and train when there is no release yet; else do nothing (for containers)')
    .action((_options: unknown, command: Command) => run(settingsOf(command, context), context));
}

async function run(settings: Settings, context: CommandContext): Promise<void> {
  const { description } = await requireDescription(settings, context);
  await ensureImported(settings, context, () => Promise.resolve(chooseFor(description.namespace, settings)));
  await ensureRelease(settings, context);
  context.terminal.print('ready: there is a release to serve');
}

/** The data set that the description was written for, where it lies here; else the synthetic world, made to fit. */
function chooseFor(namespace: string, settings: Settings): DemoChoice {
  if (!isDatasetName(namespace))
    return {
      name: SYNTHETIC,
      reason: `no known data set is called ${namespace}; made to fit the description`,
    };
  const found = findDataset(namespace, { dataDirs: settings.dataFolders });
  return found.ok
    ? { name: namespace, reason: `found in ${found.value.folder}` }
    : { name: SYNTHETIC, reason: `${namespace} is not in ${settings.dataFolders.join(', ')}; made to fit` };
}
