import { itemId, type ReleaseVersion, userId, type VerifiedRelease } from '@winnow/domain';
import type { Command } from 'commander';
import { CommandError, EXIT, usageError } from '../command-error';
import { type Workspace, withWorkspace } from '../composition-root';
import { type CommandContext, settingsOf, wholeNumber } from '../context';
import type { ItemExplanation } from '../explain/item-explanation';
import { renderExplanation } from '../explain/render-explanation';
import { printJson } from '../output/terminal';

interface Options {
  readonly user: string;
  readonly item: string;
  readonly release?: string;
  readonly top: number;
  readonly json?: boolean;
}

export function register(program: Command, context: CommandContext): void {
  program
    .command('explain')
    .description(
      'what is a heavy-ranker score made from? features, history, heads and weights, adding up to it',
    )
    .requiredOption('-u, --user <id>', 'for whom; an unknown user has no history')
    .requiredOption('-i, --item <id>', 'which item')
    .option('--release <version>', 'instead of the one that serves')
    .option('--top <n>', 'how many contributions to show', wholeNumber('--top', 1, 1_000), 12)
    .option('--json', 'print everything as JSON')
    .addHelpText(
      'after',
      '\nIntegrated gradients from an average item with average features and no history; what they leave unexplained is printed as the gap.',
    )
    .action((options: Options, command: Command) => run(options, command, context));
}

async function run(options: Options, command: Command, context: CommandContext): Promise<void> {
  const settings = settingsOf(command, context);
  const explanation = await withWorkspace(
    { settings, context, reason: 'the history of the user' },
    (workspace) => explain(options, workspace, context),
  );
  if (options.json) printJson(context.terminal, explanation);
  else context.terminal.print(renderExplanation(explanation, options));
}

async function explain(
  options: Options,
  workspace: Workspace,
  context: CommandContext,
): Promise<ItemExplanation> {
  const { store, description } = workspace;
  const release = await openRelease(options, workspace);
  const [ordinal] = await store.catalog.resolve([itemId(options.item)]);
  if (ordinal === null)
    throw usageError(`the catalogue has no item ${options.item}`, 'look it up with: npx winnow items get ID');
  const user = await store.state.userState(userId(options.user));
  if (!user.ok) throw new CommandError(user.error.reason, 'see that Redis answers', EXIT.unavailable);
  // Only here: no other command of everyday use waits for the tensor library.
  const { openExplainer } = await import('../explain/open-explainer');
  const { explainItem } = await import('../explain/explain-item');
  const backend = context.environment['WINNOW_BACKEND'];
  const explainer = await openExplainer({ release, description, store, backend });
  try {
    if (!explainer.state.items.has(ordinal))
      throw usageError(
        `release ${release.manifest.version} does not know ${options.item}`,
        'wait a second, or train anew',
      );
    return await explainItem({
      ...{ explainer, description, ordinal },
      release: release.manifest.version,
      userId: options.user,
      user: user.value,
      nowMs: context.clock.nowMs(),
    });
  } finally {
    await explainer.close();
  }
}

async function openRelease(options: Options, { registry }: Workspace): Promise<VerifiedRelease> {
  const version = options.release ?? (await registry.pointer()).current;
  if (version === null) throw usageError('no release serves yet', 'make one with: npx winnow train');
  const opened = await registry.open(version as ReleaseVersion);
  if (!opened.ok) throw usageError(opened.error.reason, 'list what there is with: npx winnow releases');
  return opened.value;
}
