export { Markup, markup, type MarkupValue } from './markup/markup';
export { countText, dayText, metricText, momentText, quantityText, shareText } from './quantities';
export { barPlot, type Bar, type BarPlotOptions, type BarValue } from './plots/bar-plot';
export { curvePlot, type CurvePlotOptions, type CurvePoint, type CurveSeries } from './plots/curve-plot';
export { PLOT_SIZES, type AxisOptions, type PlotSize } from './plots/frame';
export { histogramPlot, type HistogramPlotOptions, type HistogramSeries } from './plots/histogram-plot';
export { renderPage, type PageOptions, type Section } from './page/page';
export {
  figure,
  figures,
  notes,
  paragraph,
  table,
  tiles,
  type FigureOptions,
  type Note,
  type TableColumn,
  type TableOptions,
  type Tile,
} from './page/parts';
export { renderDataReport } from './data-report/render-data-report';
export type {
  AttributeReport,
  AttributeSpread,
  DataReport,
  EventDuplicates,
  EventTypeReport,
  Histogram,
  NearDuplicateGroup,
  NearDuplicateReport,
  NumberSpread,
  Side,
  SideReport,
  TimelineReport,
  ValueCount,
} from './data-report/data-report';
export { renderGateReport } from './gate-report/render-gate-report';
export { GATE_PROBES, GATE_TOPICS } from './gate-report/gate-report';
export type {
  GateCheck,
  GateDifference,
  GateEvidence,
  GateHead,
  GateProbe,
  GateProbeName,
  GateRecommender,
  GateRecommenderName,
  GateReport,
  GateSlice,
  GateTopic,
  GateVerdict,
  HeadFigures,
  RankingFigures,
} from './gate-report/gate-report';
export { renderModelCard } from './model-card/render-model-card';
export type {
  CardMetric,
  CardTraining,
  HoldoutEvidence,
  ItemSlice,
  ModelCard,
  UserSlice,
} from './model-card/model-card';
export { renderComparison } from './comparison/render-comparison';
export { renderStudy, type StudyPage } from './tuning/render-study';
export { renderExperimentReport } from './experiment-report/render-experiment-report';
export { renderDriftReport } from './drift/render-drift-report';
export type { DriftReference, DriftReport, DriftRow } from './drift/drift-report';
