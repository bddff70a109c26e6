import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server as GrpcServer, ServerCredentials, status } from '@grpc/grpc-js';
import { catalogV1, eventV1, recommenderV1 } from '@winnow/contracts';
import { systemClock } from '@winnow/domain';
import type { Command } from 'commander';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { examplePath } from './config.schema';
import type { CommandContext } from './context';
import { exitCodeOf, reportFailure } from './failure';
import { createProgram } from './program';

let folder: string;
const out: string[] = [];
const notes: string[] = [];

const contextIn = (workingFolder: string): CommandContext => ({
  environment: { WINNOW_HOME: join(workingFolder, 'home') },
  workingFolder,
  terminal: {
    interactive: false,
    print: (text) => out.push(text),
    note: (text) => notes.push(text),
    redraw: () => undefined,
  },
  clock: systemClock,
  signal: new AbortController().signal,
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-cli-'));
  out.length = 0;
  notes.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the command line as a shell would; returns its exit code. */
async function winnow(...args: readonly string[]): Promise<number> {
  const context = contextIn(folder);
  try {
    await createProgram(context).parseAsync(['node', 'winnow', ...args]);
    return 0;
  } catch (thrown) {
    reportFailure(thrown, context);
    return exitCodeOf(thrown);
  }
}

const said = (): string => notes.join('\n');

function allCommands(parent: Command, path: readonly string[] = []): readonly (readonly string[])[] {
  return parent.commands.flatMap((command) => {
    const here = [...path, command.name()];
    return command.commands.length > 0 ? allCommands(command, here) : [here];
  });
}

describe('the command line', () => {
  it('says which version it is', async () => {
    expect(await winnow('--version')).toBe(0);
    expect(out.join('\n')).toMatch(/^winnow \d+\.\d+\.\d+/);
  });

  it('explains itself, and every command does', async () => {
    expect(await winnow('--help')).toBe(0);
    expect(out.join('\n')).toContain('winnow demo');
    const commands = allCommands(createProgram(contextIn(folder)));
    expect(commands.length).toBeGreaterThan(15);
    for (const command of commands) {
      out.length = 0;
      expect(await winnow(...command, '--help'), command.join(' ')).toBe(0);
      expect(out.join('\n')).toContain(`Usage: winnow ${command.join(' ')}`);
    }
  });

  it.each([
    [['recommned'], /Did you mean recommend/],
    [['recommend'], /--user <id>/],
    [['recommend', '--user', 'a', '-k', '0'], /--count must be a whole number from 1 to 500, is "0"/],
    [['recommend', '--user', 'a', '-k', '1000000000'], /--count must be a whole number/],
    [['recommend', '--user', 'a', '--context', 'spring'], /--context takes name=value/],
    [['track', '-u', 'a', '-i', 'b', '-e', 'click', '--value', 'much'], /--value must be a finite number/],
    [['track', '-u', 'a', '-i', 'b', '-e', 'click', '--time', 'soon'], /--time "soon" is no time/],
    [['items', 'put', 'a', '--attributes', '[1]'], /--attributes must be a JSON object/],
    [['items', 'put'], /no item was named/],
    [['import'], /nothing to import was named/],
    [['import', 'nonsense'], /there is no data set nonsense/],
    [['import', '--csv', 'a.csv'], /--map is missing/],
    [['import', '--csv', 'a.csv', '--jsonl', 'b', '--map', 'item=id'], /one file at a time/],
    [['import', '--map', 'item=id'], /--map is for files/],
    [['data', 'get', 'nonsense'], /there is no data set nonsense/],
    [['up', '--port-base', '80'], /--port-base must be a whole number from 1024/],
    [['bench', '--users', 'missing.txt'], /missing.txt cannot be read/],
    [['rebuild'], /there is no description/],
    [['switch', 'off', 'colour', 'x'], /there is no kind of switch colour/],
    [['experiment', 'report', 'x', '--alpha', '2'], /--alpha must be a number between 0 and 1/],
  ])('refuses %j with exit code 2, naming what is wrong', async (args, message) => {
    expect(await winnow(...args)).toBe(2);
    expect(said()).toMatch(message);
  });

  it('lists every violation of a description, and of the environment, before anything is opened', async () => {
    writeFileSync(join(folder, 'winnow.yaml'), 'namespace: "no spaces"\nitems: 3\n');
    expect(await winnow('rebuild')).toBe(2);
    expect(said()).toMatch(/winnow.yaml has \d+ violations/);
    expect(said()).toMatch(/namespace/);
    expect(said()).toMatch(/items/);
  });

  it('says where nothing answers, and how to start it', async () => {
    expect(await winnow('recommend', '--user', 'a', '--address', '127.0.0.1:1')).toBe(3);
    expect(said()).toMatch(/nothing answers at 127.0.0.1:1/);
    expect(said()).toMatch(/npx winnow up/);
  });

  it('has no releases in an empty home, and says how to get one', async () => {
    expect(await winnow('releases')).toBe(0);
    expect(said()).toMatch(/npx winnow train/);
    expect(await winnow('rollback')).toBe(2);
  });
});

describe('commands against a server', () => {
  let server: GrpcServer;
  let address: string;
  const requests: recommenderV1.RecommendRequest[] = [];

  const item = (position: number, title: string): Partial<recommenderV1.RecommendedItem> => ({
    itemId: `i${position}`,
    position,
    score: 0.5,
    attributes: { title },
    sources: [{ source: 'two-tower', rank: position, score: 0.9 }],
    stageScores: [{ stage: 'light-rank', score: 0.25 }],
    heads: [{ head: 'click', value: 0.125, weight: 1 }],
    reasons: ['because you liked Gravity'],
  });

  beforeAll(async () => {
    server = new GrpcServer();
    server.addService(recommenderV1.RecommenderServiceService, {
      recommend: (call, reply) => {
        requests.push(call.request);
        if (call.request.surface === 'nowhere')
          return reply({ code: status.INVALID_ARGUMENT, details: 'surface: there is no surface nowhere' });
        reply(
          null,
          recommenderV1.RecommendResponse.fromPartial({
            slateId: 's1',
            release: 'r1',
            items: [item(0, 'Moon'), item(1, '千と千尋の神隠し')],
            degraded: [{ component: 'heavy-ranker', kind: 'timeout', reason: 'late' }],
            missingItemIds: ['gone'],
            timings: [{ stage: 'retrieve', durationMs: 4, countIn: 0, countOut: 900 }],
          }),
        );
      },
    } satisfies Pick<recommenderV1.RecommenderServiceServer, 'recommend'>);
    server.addService(eventV1.EventServiceService, {
      track: (call, reply) => {
        const [event] = call.request.events;
        const rejected = event.eventType === 'smile';
        const verdict = {
          eventId: event.eventId || 'made-1',
          status: rejected
            ? eventV1.EventStatus.EVENT_STATUS_REJECTED
            : eventV1.EventStatus.EVENT_STATUS_ACCEPTED,
          reason: rejected ? 'event_type: there is no smile' : '',
        };
        reply(null, { verdicts: [verdict], acceptedCount: 1, duplicateCount: 0, rejectedCount: 0 });
      },
      trackStream: (call) => call.end(),
    } satisfies Pick<eventV1.EventServiceServer, 'track' | 'trackStream'>);
    const catalog: Partial<catalogV1.CatalogServiceServer> = {
      deleteItems: (_call, reply) => reply(null, { deletedCount: 1, missingItemIds: ['b'] }),
      deleteUser: (_call, reply) => reply(null, { erased: [{ store: 'redis', count: 3 }] }),
      upsertItems: (call, reply) => reply(null, { createdCount: call.request.items.length, updatedCount: 0 }),
    };
    server.addService(catalogV1.CatalogServiceService, catalog as catalogV1.CatalogServiceServer);
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    address = `127.0.0.1:${port}`;
  });
  afterAll(() => server.forceShutdown());

  it('prints a slate with titles, scores, reasons, what was degraded and what is missing', async () => {
    expect(
      await winnow('recommend', '-u', 'ada', '-k', '2', '--filter', 'item.year > 1', '--address', address),
    ).toBe(0);
    const text = out.join('\n');
    for (const part of ['Moon', '千と千尋の神隠し', '0.5000', 'because you liked Gravity', 'release r1'])
      expect(text).toContain(part);
    expect(text).toContain('heavy-ranker (timeout): late');
    expect(text).toContain('not in the catalogue: gone');
    expect(text).not.toContain('P(click)');
    expect(requests.at(-1)).toMatchObject({ userId: 'ada', k: 2, filter: 'item.year > 1', surface: 'home' });
  });

  it('explains stage scores, predictions and the funnel', async () => {
    expect(await winnow('recommend', '-u', 'ada', '--explain', '--address', address)).toBe(0);
    const text = out.join('\n');
    for (const part of ['light-rank', '0.250', 'P(click)', '0.125', 'two-tower #1', 'retrieve', '900'])
      expect(text).toContain(part);
  });

  it('prints one JSON document and nothing else', async () => {
    expect(await winnow('recommend', '-u', 'ada', '--json', '--address', address)).toBe(0);
    expect(JSON.parse(out.join('\n'))).toMatchObject({
      slateId: 's1',
      items: [{ itemId: 'i0' }, { itemId: 'i1' }],
    });
    expect(notes).toEqual([]);
  });

  it('passes on what the server says is wrong', async () => {
    expect(await winnow('recommend', '-u', 'ada', '-s', 'nowhere', '--address', address)).toBe(2);
    expect(said()).toContain('there is no surface nowhere');
  });

  it('tracks an event, and says why one was refused', async () => {
    const event = ['track', '-u', 'ada', '-i', 'i0', '--address', address];
    expect(await winnow(...event, '-e', 'click', '--event-id', 'e1')).toBe(0);
    expect(out.join('\n')).toMatch(/accepted event e1 in \d/);
    expect(await winnow(...event, '-e', 'smile')).toBe(2);
    expect(said()).toContain('there is no smile');
  });

  it('puts items of a file, deletes some, erases a user', async () => {
    writeFileSync(
      join(folder, 'items.jsonl'),
      '{"itemId":"a","attributes":{"title":"A"}}\n\n{"itemId":"b"}\n',
    );
    expect(await winnow('items', 'put', '--file', join(folder, 'items.jsonl'), '--address', address)).toBe(0);
    expect(out.join('\n')).toContain('created 2, updated 0');
    expect(await winnow('items', 'delete', 'a', 'b', '--address', address)).toBe(0);
    expect(said()).toContain('not in the catalogue: b');
    expect(await winnow('users', 'delete', 'ada', '--address', address)).toBe(0);
    expect(out.join('\n')).toMatch(/redis\s+3/);
  });

  it('names file and line of an item that cannot be sent, and sends none', async () => {
    writeFileSync(join(folder, 'items.jsonl'), '{"itemId":"a"}\n{"id":"b"}\n');
    expect(await winnow('items', 'put', '--file', join(folder, 'items.jsonl'), '--address', address)).toBe(2);
    expect(said()).toMatch(/items.jsonl, line 2: itemId must be a text/);
  });

  it('loads the stack and reports latencies, stages and what was degraded', async () => {
    writeFileSync(join(folder, 'users.txt'), 'ada\nbob\n');
    const users = join(folder, 'users.txt');
    const args = ['-n', '20', '-c', '1,2', '--warm-up', '2', '--users', users, '--address', address];
    expect(await winnow('bench', ...args, '--json')).toBe(0);
    const reports = JSON.parse(out.join('\n')) as { concurrency: number; errorCount: number }[];
    expect(reports.map(({ concurrency }) => concurrency)).toEqual([1, 2]);
    expect(reports[0]).toMatchObject({ requestCount: 20, errorCount: 0, degraded: { 'heavy-ranker': 20 } });
  });
});

describe('the doctor', () => {
  it('looks at everything, and has a remedy for whatever is not well', async () => {
    writeFileSync(join(folder, 'winnow.yaml'), 'namespace: 3\n');
    expect(await winnow('doctor', '--json')).toBe(0);
    const findings = JSON.parse(out.join('\n')) as { subject: string; level: string; remedy?: string }[];
    const subjects = findings.map(({ subject }) => subject).join(' ');
    for (const subject of [
      'Node',
      'tensor backend',
      'vector index',
      'Redis',
      'data sets',
      'release',
      'disk',
      'orchestrator',
    ])
      expect(subjects).toContain(subject);
    expect(findings.find(({ subject }) => subject === 'description')?.level).toBe('FAIL');
    for (const { level, remedy } of findings) if (level !== 'OK') expect(remedy).toBeTruthy();
    expect(process.exitCode).toBe(1);
    process.exitCode = undefined;
  });

  it('finds the description of an import in the home', async () => {
    expect(await winnow('doctor', '--config', examplePath('synthetic'))).toBe(0);
    expect(out.join('\n')).toMatch(/OK {4}description .*namespace synthetic/);
  });
});
