import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('.', import.meta.url));
const { compilerOptions } = JSON.parse(readFileSync(`${root}tsconfig.base.json`, 'utf8')) as {
  compilerOptions: { paths: Record<string, string[]> };
};

export default defineConfig({
  resolve: {
    alias: Object.fromEntries(
      Object.entries(compilerOptions.paths).map(([name, [file]]) => [
        name,
        `${root}${file.replace('./', '')}`,
      ]),
    ),
  },
  test: {
    // Native add-ons can take a process down; forks keep one crash from ending the whole run.
    pool: 'forks',
    maxWorkers: 2,
    include: ['libs/**/src/**/*.spec.ts', 'apps/**/src/**/*.spec.ts', 'tests/**/*.spec.ts'],
    globalSetup: ['tests/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ['default', './tests/plain-summary-reporter.ts'],
  },
});
