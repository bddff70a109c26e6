import { Command } from 'commander';
import { installedVersion } from './config.schema';
import type { CommandContext, Register } from './context';
import { register as bench } from './commands/bench';
import { register as bootstrap } from './commands/bootstrap';
import { register as consistency } from './commands/consistency';
import { register as data } from './commands/data';
import { register as deadLetters } from './commands/dead-letters';
import { register as demo } from './commands/demo';
import { register as doctor } from './commands/doctor';
import { register as drift } from './commands/drift';
import { register as evaluate } from './commands/evaluate';
import { register as experiment } from './commands/experiment';
import { register as explain } from './commands/explain';
import { register as funnelLoss } from './commands/funnel-loss';
import { register as importing } from './commands/import';
import { register as items } from './commands/items';
import { register as rebuild } from './commands/rebuild';
import { register as recommend } from './commands/recommend';
import { register as releases } from './commands/releases';
import { register as retrain } from './commands/retrain';
import { register as switching } from './commands/switch';
import { register as track } from './commands/track';
import { register as train } from './commands/train';
import { register as tune } from './commands/tune';
import { register as up } from './commands/up';
import { register as users } from './commands/users';
import { register as why } from './commands/why';

/** In the order of `winnow --help`: from an empty machine to daily work. */
const COMMANDS: readonly Register[] = [
  demo,
  up,
  importing,
  data,
  recommend,
  explain,
  why,
  track,
  items,
  users,
  train,
  retrain,
  releases,
  evaluate,
  tune,
  funnelLoss,
  consistency,
  drift,
  experiment,
  switching,
  bench,
  doctor,
  deadLetters,
  rebuild,
  bootstrap,
];

const AFTER_HELP = `
Start here:
  winnow demo                            import, train, start everything, print a slate
  winnow up                              keep all services running
  winnow recommend --user ID --explain   a slate, and why
Every command explains itself: winnow COMMAND --help
Exit codes: 0 done, 1 failed, 2 wrong use or configuration, 3 something needed does not answer.`;

/** The whole command line; throws CommanderError instead of ending the process. */
export function createProgram(context: CommandContext): Command {
  const program = new Command('winnow')
    .description(
      'A multi-stage recommender: two-tower retrieval, light and heavy rankers, and the loop that retrains them.',
    )
    .version(`winnow ${installedVersion()}`, '-V, --version')
    .option('--home <folder>', 'where state lives (WINNOW_HOME, default .winnow)')
    .option('--config <file>', 'the description of your data (WINNOW_CONFIG, default winnow.yaml)')
    .addHelpText('after', AFTER_HELP)
    .showSuggestionAfterError()
    .showHelpAfterError('(winnow --help lists the commands)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.terminal.print(text.trimEnd()),
      writeErr: (text) => context.terminal.note(text.trimEnd()),
    });
  for (const register of COMMANDS) register(program, context);
  for (const command of program.commands) inheritSettings(program, command);
  return program;
}

/** Errors of subcommands are thrown and printed as the program's own are. */
function inheritSettings(parent: Command, command: Command): void {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inheritSettings(command, child);
}
