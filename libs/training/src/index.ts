export { runAllSteps, runIdOf, runStep } from './run-steps';
export { RUN_FILES } from './steps/step-context';
export type { DatasetReport, StepContext } from './steps/step-context';
export type { BuildIndex, ExactIndexOf, IndexBuildOptions, RunFolder } from './ports';
export type { RunFrame } from './frame';
export { evaluateGlobalTime } from './protocols/global-time';
export type { GlobalTimeOptions, ProtocolReport, ProtocolRow } from './protocols/global-time';
