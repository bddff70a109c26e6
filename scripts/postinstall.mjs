// Mends what an install may have left behind. Never fails the install: Winnow runs without the native index, only slower.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeHeadersPrefix, npmCommand, npmEnvironment } from './node-headers.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Loads the add-on in a process of its own: a broken binary may take its process down. */
function nativeIndexLoads() {
  const probe =
    "require('hnswlib-node'); new (require('hnswlib-node').HierarchicalNSW)('ip', 4).initIndex(1)";
  return spawnSync(process.execPath, ['-e', probe], { cwd: root, stdio: 'ignore' }).status === 0;
}

function repairNativeIndex() {
  if (nativeIndexLoads() || process.env.WINNOW_POSTINSTALL) return;
  const { optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  if (nodeHeadersPrefix()) {
    const installed = existsSync(join(root, 'node_modules/hnswlib-node/package.json'));
    const { file, args } = npmCommand(
      installed
        ? ['rebuild', 'hnswlib-node']
        : [
            'install',
            '--no-save',
            '--no-audit',
            '--no-fund',
            `hnswlib-node@${optionalDependencies['hnswlib-node']}`,
          ],
    );
    const env = { ...npmEnvironment(), WINNOW_POSTINSTALL: '1' };
    spawnSync(file, args, { cwd: root, env, stdio: 'ignore', timeout: 300_000 });
    if (nativeIndexLoads()) return;
  }
  console.warn(
    [
      'winnow: hnswlib-node could not be compiled, so retrieval uses the exact index: right answers,',
      '  but too slow beyond about 100,000 items. To mend it, install python3, make and a C++ compiler, then:',
      '    npm_config_nodedir=<folder with include/node/node.h> npm rebuild hnswlib-node',
      '  or let npm download the headers from nodejs.org: npm install hnswlib-node',
    ].join('\n'),
  );
}

/** npm links a package's own bin only where it is installed; this makes `npx winnow` work in the repository. */
function linkCommand() {
  const link = join(root, 'node_modules/.bin/winnow');
  mkdirSync(dirname(link), { recursive: true });
  rmSync(link, { force: true });
  symlinkSync('../../bin/winnow.mjs', link);
}

for (const step of [linkCommand, repairNativeIndex]) {
  try {
    step();
  } catch (thrown) {
    console.warn(
      `winnow: postinstall could not finish (${thrown.message}); run npx winnow doctor to see what is missing`,
    );
  }
}
