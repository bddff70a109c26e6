// Drops what no process loads at run time from node_modules: compiler leftovers, browser bundles, source maps, docs.
// Runs in the image build only, after `npm prune`.
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = process.argv[2] ?? 'node_modules';

/** Folders of named packages that hold sources or other platforms' bundles. */
const FOLDERS = [
  'hnswlib-node/build/Release/obj.target',
  'hnswlib-node/build/Release/.deps',
  'hnswlib-node/deps',
  '@tensorflow/tfjs-core/src',
  '@tensorflow/tfjs-backend-wasm/src',
  '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.wasm',
  '@tensorflow/tfjs-backend-cpu/src',
];

const DROPPED_FILE =
  /\.(map|md|markdown|flow|tsbuildinfo)$|\.d\.(c|m)?ts$|\.fesm2017(\.min)?\.js$|\.es2017(\.min)?\.js$/i;
const KEPT = /licen[cs]e|notice/i;

let bytesDropped = 0;

function drop(path) {
  bytesDropped += statSync(path).isFile() ? statSync(path).size : 0;
  rmSync(path, { recursive: true, force: true });
}

function walk(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) walk(path);
    else if (entry.isFile() && DROPPED_FILE.test(entry.name) && !KEPT.test(entry.name)) drop(path);
  }
}

for (const folder of FOLDERS) if (existsSync(join(root, folder))) drop(join(root, folder));
walk(root);
console.log(`dropped ${(bytesDropped / 1e6).toFixed(0)} MB of files that nothing loads`);
