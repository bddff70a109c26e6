import type { Command } from 'commander';
import { CommandError } from '../command-error';
import { type CommandContext, settingsOf } from '../context';
import { runTrainer } from '../services/run-trainer';

export function register(program: Command, context: CommandContext): void {
  program
    .command('train')
    .description('train all models on the event log, build the index, pass the gate and publish a release')
    .option('--json', 'print the outcome as JSON')
    .addHelpText(
      'after',
      '\nRuns here and now, without the queue. A run that was cut off goes on where it stopped.',
    )
    .action(async (options: { json?: boolean }, command: Command) => {
      const args = ['train', ...(options.json ? ['--json'] : [])];
      const code = await runTrainer(args, settingsOf(command, context), context);
      if (code !== 0)
        throw new CommandError('training did not end with a serving release', 'see what it said above');
    });
}
