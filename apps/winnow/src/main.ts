import { createProgram } from './program';
import { processContext } from './context';
import { exitCodeOf, reportFailure } from './failure';

const context = processContext();
const program = createProgram(context);

program.parseAsync(process.argv).then(
  // Commands set process.exitCode when they must; native threads and open sockets must not keep a finished command alive.
  () => process.exit(process.exitCode ?? 0),
  (thrown: unknown) => {
    reportFailure(thrown, context);
    process.exit(exitCodeOf(thrown));
  },
);
