import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeVectorIndex } from '@winnow/testing';
import { buildIndex } from './build-index';
import { ExactIndex } from './exact-index';
import { openHnswIndex } from './hnsw-index';

describeVectorIndex(async (vectors, dimension) => ({ index: ExactIndex.fromVectors(vectors, dimension) }), {
  kind: 'exact',
  exact: true,
});

for (const shards of [1, 3])
  describeVectorIndex(
    async (vectors, dimension) => {
      const outputFolder = await mkdtemp(join(tmpdir(), 'winnow-ann-'));
      const built = await buildIndex({
        source: { vectors },
        dimension,
        shards,
        m: 16,
        efConstruction: 100,
        recallMin: 0.98,
        k: 100,
        outputFolder,
      });
      if (!built.ok) throw new Error(built.error.reason);
      const opened = await openHnswIndex({
        folder: outputFolder,
        dimension,
        count: built.value.count,
        shards,
      });
      if (!opened.ok) throw new Error(opened.error.reason);
      return { index: opened.value, dispose: () => rm(outputFolder, { recursive: true }) };
    },
    { kind: 'hnsw', exact: false },
  );
