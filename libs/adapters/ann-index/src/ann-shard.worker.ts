import { parentPort, workerData } from 'node:worker_threads';
import { invariant, reasonOf } from '@winnow/domain';
import { annIndexError } from './ann-index-error';
import { loadHnswLibrary } from './hnsw-library';
import { HnswShard } from './hnsw-shard';
import type { ShardReply, ShardRequest, ShardWorkerData } from './shard-protocol';

/** A worker thread that owns one shard: hnswlib is synchronous, so it must not run on the thread that serves. */
function serve(data: ShardWorkerData): void {
  const port = parentPort;
  invariant(port, 'runs as a worker thread');
  const reply = (message: ShardReply, transfer: ArrayBuffer[] = []): void =>
    port.postMessage(message, transfer);

  const library = loadHnswLibrary();
  if (!library.ok) return reply({ kind: 'refused', error: library.error });
  let shard: HnswShard;
  try {
    shard = HnswShard.load(library.value, data.file, data.dimension);
  } catch (thrown) {
    return reply({
      kind: 'refused',
      error: annIndexError('damaged', `${data.file}: ${reasonOf(thrown)}`),
    });
  }
  shard.setEfSearch(data.efSearch);

  port.on('message', (request: ShardRequest) => {
    try {
      answer(shard, request, reply);
    } catch (thrown) {
      reply({ kind: 'failed', call: request.call, reason: reasonOf(thrown) });
    }
  });
  reply({ kind: 'ready' });
}

function answer(
  shard: HnswShard,
  request: ShardRequest,
  reply: (message: ShardReply, transfer?: ArrayBuffer[]) => void,
): void {
  const { call } = request;
  switch (request.kind) {
    case 'search': {
      const { ordinals, scores } = shard.search(request.query, request.k);
      return reply({ kind: 'hits', call, ordinals, scores }, [
        ordinals.buffer as ArrayBuffer,
        scores.buffer as ArrayBuffer,
      ]);
    }
    case 'vector':
      return reply({ kind: 'stored', call, vector: shard.vector(request.ordinal) });
    case 'upsert':
      shard.upsert(request.ordinal, request.vector);
      return reply({ kind: 'changed', call, count: shard.count });
    case 'remove':
      shard.remove(request.ordinal);
      return reply({ kind: 'changed', call, count: shard.count });
  }
}

serve(workerData as ShardWorkerData);
