import { RUN_FILES } from './step-context';
import type { Step } from './step-context';

/** Builds the nearest-neighbour index over the final item vectors, and calibrates it against the exact one. */
export const indexStep: Step = {
  name: 'index',
  async run({ description, run, buildIndex, signal, progress }) {
    const { dimension, index } = description.training;
    const report = await buildIndex({
      vectorsPath: run.path(RUN_FILES.vectors),
      dimension,
      outputFolder: run.path(RUN_FILES.indexFolder),
      shards: index.shards,
      m: index.m,
      efConstruction: index.efConstruction,
      recallMin: index.recallMin,
      signal,
      onProgress: progress,
    });
    await run.writeJson(RUN_FILES.indexReport, report);
    return `${report.kind}, ${report.shards} shards, ef ${report.efSearch}, recall@500 ${report.recallAt500.toFixed(3)}`;
  },
};
