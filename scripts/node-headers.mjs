// Where Node's headers lie beside the binary, native add-ons compile without downloading them.
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The prefix to give node-gyp as `nodedir`, or null when Node came without its headers. */
export function nodeHeadersPrefix() {
  const candidates = [dirname(dirname(process.execPath)), dirname(dirname(realpathSync(process.execPath)))];
  return candidates.find((prefix) => existsSync(join(prefix, 'include/node/node.h'))) ?? null;
}

/** The environment for npm: an explicit choice of the user wins. */
export function npmEnvironment() {
  const prefix = process.env.npm_config_nodedir ? null : nodeHeadersPrefix();
  return prefix ? { ...process.env, npm_config_nodedir: prefix } : { ...process.env };
}

/** How to call npm without a shell: through the file that runs us, where npm does. */
export function npmCommand(args) {
  const cli = process.env.npm_execpath;
  return cli?.endsWith('.js') ? { file: process.execPath, args: [cli, ...args] } : { file: 'npm', args };
}
