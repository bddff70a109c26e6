export {
  ArmAssigner,
  armOf,
  comparesReleases,
  type ArmAssignerOptions,
  type ArmAssignment,
} from './assignment/arm-assigner';
export { isCanaryUser } from './assignment/canary-share';
export { unitPosition } from './assignment/unit-position';
export { judgeCanary } from './canary/judge-canary';
export type { CanaryObservations } from './canary/canary-evidence';
export { overriddenParameters, overrideSurface } from './overrides/override-surface';
export {
  surfacesWithVariants,
  surfaceVariants,
  variantName,
  type SurfaceVariant,
} from './overrides/surface-variants';
export { buildExperimentReport, type BuildReportOptions } from './report/build-report';
export type { ArmReport, ExperimentReport, MetricReport } from './report/experiment-report';
export { metricDefinitions, reportedEventTypes } from './report/metric-definitions';
export { UserOutcomes, type MetricDefinition } from './report/user-outcomes';
export { chiSquareTail, twoSidedNormalQuantile, twoSidedNormalTail } from './statistics/distributions';
export {
  effectOf,
  usersPerArm,
  type ArmOutcomes,
  type Effect,
  type EffectOptions,
  type Interval,
} from './statistics/effect';
export { checkSampleRatio, type SampleRatioCheck } from './statistics/sample-ratio';
export { sequentialTest, type SequentialTest } from './statistics/sequential-test';
