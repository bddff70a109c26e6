// Generates libs/contracts from proto/: ts-proto code, and the descriptor set that server reflection serves.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const generated = join(root, 'libs/contracts/src/generated');
const buf = (...args) =>
  execFileSync(join(root, 'node_modules/.bin/buf'), args, { cwd: root, stdio: 'inherit' });

rmSync(generated, { recursive: true, force: true });
buf('generate');
const image = join(generated, 'descriptor.binpb');
buf('build', '-o', image, '--as-file-descriptor-set');
const base64 = readFileSync(image).toString('base64');
rmSync(image);
writeFileSync(
  join(generated, 'descriptor-set.ts'),
  `/* eslint-disable */\n/** Serialized google.protobuf.FileDescriptorSet of proto/, base64. */\nexport const descriptorSetBase64 =\n  '${base64}';\n`,
);
