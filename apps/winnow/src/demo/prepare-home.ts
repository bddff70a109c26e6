import { CommandError } from '../command-error';
import { openRegistry, type Workspace, withWorkspace } from '../composition-root';
import type { Settings } from '../config.schema';
import type { CommandContext } from '../context';
import { openNamedSource, SYNTHETIC } from '../dataset-import/choose-source';
import { conformTo } from '../dataset-import/conform-source';
import { importIntoHome, renderImport } from '../dataset-import/import-into-home';
import { readImportRecords } from '../dataset-import/import-records';
import { durationText } from '../output/quantities';
import { runTrainer } from '../services/run-trainer';
import type { DemoChoice } from './choose-demo-source';

/** A small world trains in a minute and still has something to learn. */
const SYNTHETIC_OPTIONS = { seed: 1, itemCount: 3_000, userCount: 1_500, days: 30, slatesPerDay: 600 };

/** Imports unless the home holds something; fills an empty Redis from the log when it does. */
export async function ensureImported(
  settings: Settings,
  context: CommandContext,
  choose: () => Promise<DemoChoice>,
): Promise<void> {
  const imported = readImportRecords(settings.home);
  const reason = 'the catalogue and the online state';
  await withWorkspace({ settings, context, reason }, async (workspace) => {
    if (imported.length > 0) {
      context.terminal.note(`data: ${imported.map(({ source }) => source).join(', ')}, imported before`);
      return await refillStore(workspace, context);
    }
    const { name, reason } = await choose();
    context.terminal.note(`data: ${name}, ${reason}`);
    const source = await openNamedSource(name, settings, SYNTHETIC_OPTIONS);
    const fitting = name === SYNTHETIC ? conformTo(source, workspace.description) : source;
    const options = { source: fitting, workspace, settings, context, shiftToNow: true };
    const { summary, quarantine } = await importIntoHome(options);
    context.terminal.note(renderImport(summary, quarantine));
  });
}

/** A Redis that lost its memory is filled from the log, which is the truth. */
async function refillStore({ store, eventLog }: Workspace, { terminal }: CommandContext): Promise<void> {
  if (!(await store.rebuilder.isEmpty())) return;
  terminal.note('Redis is empty: rebuilding it from the event log');
  const rebuilt = await store.rebuilder.rebuild({ log: eventLog });
  if (!rebuilt.ok) throw new CommandError(rebuilt.error.reason, 'try again, or: npx winnow rebuild --force');
}

/** Trains and publishes unless there is a release; in a process of its own, whose memory ends with it. */
export async function ensureRelease(settings: Settings, context: CommandContext): Promise<void> {
  const registry = openRegistry(settings);
  const { current } = await registry.pointer();
  const opened = current && (await registry.open(current));
  if (opened && opened.ok) return context.terminal.note(`release: ${current}, trained before`);
  if (opened) context.terminal.note(`${opened.error.reason}: training a new one`);
  const startedAt = context.clock.monotonicMs();
  const code = await runTrainer(['train'], settings, context);
  if (code !== 0)
    throw new CommandError(
      context.signal.aborted ? 'interrupted' : `training ended with code ${code}`,
      'see what it said above; npx winnow train starts it again where it stopped',
    );
  context.terminal.note(`trained in ${durationText(context.clock.monotonicMs() - startedAt)}`);
}
