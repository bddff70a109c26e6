/** Import cycles are refused, because their order of evaluation is luck; the layers are ESLint's business. */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment:
        'Modules that need each other at run time are one module, or one of them should ask for an interface.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['libs/contracts/src/generated', 'node_modules'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
