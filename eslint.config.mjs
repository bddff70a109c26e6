import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

const CORE = ['layer:core'];

/** DESIGN: which layer may import which. `tests/module-boundaries.spec.ts` proves that this bites. */
export const layerConstraints = [
  { sourceTag: 'layer:contracts', onlyDependOnLibsWithTags: ['layer:contracts'] },
  { sourceTag: 'layer:core', onlyDependOnLibsWithTags: CORE },
  { sourceTag: 'layer:funnel', onlyDependOnLibsWithTags: [...CORE, 'layer:funnel'] },
  { sourceTag: 'layer:model', onlyDependOnLibsWithTags: [...CORE, 'layer:model'] },
  { sourceTag: 'layer:training', onlyDependOnLibsWithTags: [...CORE, 'layer:funnel', 'layer:model'] },
  { sourceTag: 'layer:adapter', onlyDependOnLibsWithTags: [...CORE, 'layer:contracts'] },
  { sourceTag: 'layer:platform', onlyDependOnLibsWithTags: [...CORE, 'layer:contracts'] },
  {
    sourceTag: 'layer:app',
    onlyDependOnLibsWithTags: [
      ...CORE,
      'layer:funnel',
      'layer:model',
      'layer:training',
      'layer:adapter',
      'layer:platform',
      'layer:contracts',
      // What several apps share of serving is a library of their own layer.
      'layer:app',
    ],
  },
  { sourceTag: 'layer:testing', onlyDependOnLibsWithTags: [...CORE, 'layer:contracts', 'layer:adapter'] },
];

const banned = (...groups) => ['error', { patterns: groups }];
const TENSOR = {
  group: ['@tensorflow/*'],
  message: 'TF.js belongs to libs/tensor, libs/models and the apps that run models.',
};
const REDIS = { group: ['ioredis', 'bullmq'], message: 'Redis and BullMQ belong to libs/adapters.' };
const GRPC = {
  group: ['@grpc/*', 'grpc-health-check'],
  message: 'gRPC belongs to adapters, contracts, platform and apps.',
};
const NODE_IO = {
  group: ['node:fs', 'node:fs/*', 'node:net', 'node:http', 'node:child_process'],
  message: 'The core does no I/O.',
};

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      'node_modules/**',
      'libs/contracts/src/generated/**',
      '.nx/**',
      '.winnow/**',
      'tmp/**',
    ],
  },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['apps/**/*.ts', 'libs/**/*.ts'],
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        { enforceBuildableLibDependency: false, allow: [], depConstraints: layerConstraints },
      ],
    },
  },
  {
    files: [
      'libs/{domain,pipeline,features,evaluation,experiments,collaborative,reporting,tuning}/src/**/*.ts',
    ],
    ignores: ['**/*.spec.ts'],
    rules: { 'no-restricted-imports': banned(TENSOR, REDIS, GRPC, NODE_IO) },
  },
  {
    files: ['libs/{funnel,training}/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: { 'no-restricted-imports': banned(TENSOR, REDIS, GRPC) },
  },
  { files: ['libs/{tensor,models}/src/**/*.ts'], rules: { 'no-restricted-imports': banned(REDIS, GRPC) } },
  { files: ['libs/adapters/**/*.ts'], rules: { 'no-restricted-imports': banned(TENSOR) } },
  { files: ['libs/platform/**/*.ts', 'apps/**/*.ts'], rules: { 'no-restricted-imports': banned(REDIS) } },
  {
    files: ['apps/orchestrator/**/*.ts', 'apps/event-collector/**/*.ts'],
    rules: { 'no-restricted-imports': banned(REDIS, TENSOR) },
  },
  // A conformance suite is a spec that several adapters call.
  { files: ['libs/testing/src/conformance/**/*.ts'], rules: { 'max-lines-per-function': 'off' } },
  {
    files: ['**/*.spec.ts', '**/*.fixture.ts', 'bench/**/*.ts', 'tests/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      '@nx/enforce-module-boundaries': 'off',
      'no-restricted-imports': 'off',
    },
  },
);
