/**
 * What one call between two services costs, the ordinary way and on a lane (docs/adr/0011): in a tight loop, and with pauses
 * like those that a stage has between the requests of a quiet site. The server is another process, and answers as a ranker
 * does, without ranking.
 *
 *     npm run bench:calls -- --calls 400
 */
import { fork } from 'node:child_process';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentials, Metadata } from '@grpc/grpc-js';
import { rankingV1 } from '@winnow/contracts';
import { ok, ordinal, releaseVersion, type RankRequest } from '@winnow/domain';
import { bindService, CallLane, createLogger, createRpcServer, type RpcHandler } from '@winnow/platform';
import { CHANNEL_OPTIONS, GrpcRanker, rankRequestToWire } from '@winnow/rpc-clients';
import { Registry } from 'prom-client';
import { summariseLatency } from '../apps/winnow/src/load/latency';
import { renderTable } from '../apps/winnow/src/output/table';
import { benchOptions } from './harness/bench-options';

const PAUSES_MS = [0, 5, 25];
const WARM_UP_CALLS = 3_000;
const HISTORY_COUNT = 50;

const values = benchOptions({ calls: 400, candidates: 700, server: false });

const request: RankRequest = {
  release: releaseVersion('r1'),
  query: {
    history: Array.from({ length: HISTORY_COUNT }, (_, at) => ({
      ...{ ordinal: ordinal(at), eventType: 0, timeMs: at, value: 1 },
    })),
    ...{ seedOrdinals: [], userAttributes: {}, context: {}, nowMs: 10 },
  },
  ordinals: Uint32Array.from({ length: values.candidates }, (_, at) => at),
  queryVector: new Float32Array(64),
};

if (values.server) await serve();
else await measure();

async function serve(): Promise<void> {
  const rank: RpcHandler<rankingV1.RankRequest, rankingV1.RankResponse> = ({ release, ordinals }) =>
    ok(rankingV1.RankResponse.fromPartial({ release, scores: ordinals.map((each) => each / 7) }));
  const server = await createRpcServer({
    address: '127.0.0.1:0',
    services: [
      bindService(rankingV1.RankingServiceService, {
        rank,
        rankStream: new CallLane(rankingV1.RankingServiceService.rank.path, rank),
        getStatus: () => ok({ status: undefined }),
      }),
    ],
    logger: createLogger({ service: 'bench', level: 'silent' }),
    registry: new Registry(),
  });
  process.send?.(server.address);
}

async function measure(): Promise<void> {
  const child = fork(process.argv[1], ['--server']);
  const address = await new Promise<string>((resolve) =>
    child.once('message', (sent) => resolve(String(sent))),
  );
  const unary = new rankingV1.RankingServiceClient(address, credentials.createInsecure(), CHANNEL_OPTIONS);
  const ranker = new GrpcRanker({ address, component: 'ranker' });
  const ways: Readonly<Record<string, () => Promise<void>>> = {
    unary: () =>
      new Promise((resolve, reject) => {
        const options = { deadline: Date.now() + 5_000 };
        unary.rank(rankRequestToWire(request), new Metadata(), options, (error) =>
          error ? reject(error) : resolve(),
        );
      }),
    lane: async () => {
      const reply = await ranker.rank(request, {
        requestId: 'bench',
        deadlineAtMs: performance.now() + 5_000,
      });
      if (!reply.ok) throw new Error(reply.error.reason);
    },
  };
  for (const call of Object.values(ways)) for (let done = 0; done < WARM_UP_CALLS; done += 1) await call();
  const rows: { way: string; pauseMs: number; latencies: number[] }[] = [];
  for (const pauseMs of PAUSES_MS) {
    const ofPause = Object.keys(ways).map((way) => ({ way, pauseMs, latencies: [] as number[] }));
    rows.push(...ofPause);
    for (let done = 0; done < values.calls; done += 1)
      for (const { way, latencies } of ofPause) {
        await sleep(pauseMs);
        const startedAtMs = performance.now();
        await ways[way]();
        latencies.push(performance.now() - startedAtMs);
      }
  }
  console.log(
    `${cpus().length} × ${cpus()[0]?.model}; ${values.calls} calls of ${values.candidates} candidates each`,
  );
  console.log(
    renderTable<(typeof rows)[number]>(
      [
        { title: 'pause ms', align: 'right', cell: ({ pauseMs }) => pauseMs },
        { title: 'way', cell: ({ way }) => way },
        {
          title: 'p50 ms',
          align: 'right',
          cell: ({ latencies }) => summariseLatency(latencies).p50Ms.toFixed(2),
        },
        {
          title: 'p99 ms',
          align: 'right',
          cell: ({ latencies }) => summariseLatency(latencies).p99Ms.toFixed(2),
        },
      ],
      rows,
    ),
  );
  ranker.close();
  unary.close();
  child.kill();
}
