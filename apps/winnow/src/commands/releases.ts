import type { Command } from 'commander';
import type { ModelRegistry } from '@winnow/model-registry';
import {
  type ReleaseManifest,
  type ReleasePointer,
  releaseVersion,
  type Result,
  type StageError,
} from '@winnow/domain';
import { usageError } from '../command-error';
import { type CommandContext, settingsOf } from '../context';
import { openRegistry } from '../composition-root';
import { agoText, countText, shareText } from '../output/quantities';
import { renderTable } from '../output/table';
import { printJson } from '../output/terminal';
import { registerShow } from './release-show';

interface Options {
  readonly json?: boolean;
}

export function register(program: Command, context: CommandContext): void {
  const releases = program
    .command('releases')
    .description('list the releases of this home, newest first')
    .option('--json', 'print as JSON')
    .action((options: Options, command: Command) => list(options, registryOf(command, context), context));
  registerShow(releases, context);
  program
    .command('promote <version>')
    .description('make a release the current one, whatever the gate said; running services swap to it')
    .option('--json', 'print the pointer as JSON')
    .action(async (version: string, options: Options, command: Command) =>
      moved(await registryOf(command, context).promote(releaseVersion(version)), options, context),
    );
  program
    .command('rollback')
    .description(
      'make the predecessor current again, without any canary; running services still hold it, so it takes seconds',
    )
    .option('--canary', 'take back the canary only; what serves everybody else stays')
    .option('--json', 'print the pointer as JSON')
    .action(async (options: Options & { readonly canary?: boolean }, command: Command) => {
      const registry = registryOf(command, context);
      const back = options.canary ? await withoutCanary(registry) : await registry.rollBack();
      moved(back, options, context);
    });
}

const registryOf = (command: Command, context: CommandContext): ModelRegistry =>
  openRegistry(settingsOf(command, context));

/** Throws a usage error where there is no canary. */
async function withoutCanary(registry: ModelRegistry): Promise<Result<ReleasePointer, StageError>> {
  const { canary } = await registry.pointer();
  if (canary === undefined)
    throw usageError('there is no canary', 'list what there is with: npx winnow releases');
  return registry.endCanary(canary.version, 'drop');
}

async function list(options: Options, registry: ModelRegistry, context: CommandContext): Promise<void> {
  const [releases, pointer] = await Promise.all([registry.list(), registry.pointer()]);
  if (options.json) return printJson(context.terminal, { pointer, releases: releases.map(summaryOf) });
  if (releases.length === 0)
    return context.terminal.note('there is no release yet; make one with: npx winnow train');
  const nowMs = context.clock.nowMs();
  context.terminal.print(
    renderTable(
      [
        { title: '', cell: ({ version }) => markOf(version, pointer) },
        { title: 'version', cell: ({ version }) => version },
        { title: 'made', cell: ({ createdAtMs }) => agoText(createdAtMs, nowMs) },
        { title: 'items', align: 'right', cell: ({ itemCount }) => countText(itemCount) },
        { title: 'events', align: 'right', cell: ({ dataWindow }) => countText(dataWindow.eventCount) },
        { title: 'ndcg@20', align: 'right', cell: (manifest) => metric(manifest, 'ndcg@20') },
        { title: 'recall@20', align: 'right', cell: (manifest) => metric(manifest, 'recall@20') },
        { title: 'verdict', widthMax: 60, cell: ({ verdict }) => verdict.reason },
      ],
      releases,
    ),
  );
}

function markOf(version: string, { current, previous, canary }: ReleasePointer): string {
  if (version === current) return '● current';
  if (version === canary?.version) return `◐ canary, ${shareText(canary.share)}`;
  return version === previous ? '○ previous' : '';
}

/** The whole funnel on the held-out users: what the gate decided on. */
function metric({ metrics }: ReleaseManifest, name: string): string {
  const value = metrics[`holdout.${name}`] ?? metrics[name];
  return value === undefined ? '–' : value.toFixed(4);
}

const summaryOf = ({ files, curves, ...manifest }: ReleaseManifest): object => ({
  ...manifest,
  bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
  curves: Object.keys(curves),
});

function moved(result: Result<ReleasePointer, StageError>, options: Options, context: CommandContext): void {
  if (!result.ok)
    throw usageError(
      result.error.reason,
      'list what there is with: npx winnow releases; nothing was changed',
    );
  if (options.json) return printJson(context.terminal, result.value);
  const { current, previous, canary } = result.value;
  const trial = canary ? `\ncanary: ${canary.version}, for ${shareText(canary.share)} of the users` : '';
  context.terminal.print(`current: ${current}\nprevious: ${previous ?? 'none'}${trial}`);
}
