import { parseArgs } from 'node:util';
import { itemId, reasonOf, userId, type Ordinal, type VerifiedRelease } from '@winnow/domain';
import { ItemFates } from '@winnow/funnel';
import { loadDescription, readEnvironment } from '@winnow/platform';
import { startBackend } from '@winnow/tensor';
import { openPorts, type TrainerPorts } from './composition-root';
import { trainerSettings } from './config.schema';
import { ProgressLine } from './progress-line';
import { openRelease, releaseInThePast, type ReleaseInThePast } from './release-in-the-past';
import { whyText, type Why } from './why-text';

interface Question {
  readonly user: string;
  readonly item: string;
  readonly surface: string;
  readonly k: number;
  /** Null: now. */
  readonly atMs: number | null;
}

/** What is wrong with the question, and not with the work. */
class QuestionError extends Error {}

const EXIT_USAGE = 2;

/** `trainer why --user U --item I [--at ISO] [--surface S] [--k N] [--release V] [--json]`. */
export async function runWhy(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      user: { type: 'string', default: '' },
      item: { type: 'string', default: '' },
      at: { type: 'string' },
      surface: { type: 'string', default: 'home' },
      k: { type: 'string', default: '20' },
      release: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const settings = readEnvironment(trainerSettings);
  const description = await loadDescription(settings.configPath);
  const progress = new ProgressLine(process.stderr, values.json);
  const ports = openPorts({ home: settings.home, redisUrl: settings.redisUrl, description });
  let exitCode = 0;
  try {
    const { user, item, surface, k, at } = values;
    const question = { user, item, surface, k: Number(k), atMs: at === undefined ? null : Date.parse(at) };
    const release = await openRelease(ports, values.release);
    await startBackend({ forced: process.env['WINNOW_BACKEND'] });
    const why = await answer(question, {
      ...{ ports, release },
      onProgress: (fraction, note) => progress.show('why', fraction, note),
    });
    process.stdout.write(`${values.json ? JSON.stringify(why) : whyText(why)}\n`);
  } catch (thrown) {
    progress.note(`  ${reasonOf(thrown)}`);
    exitCode = thrown instanceof QuestionError ? EXIT_USAGE : 1;
  }
  await ports.close();
  // TF.js backends and DuckDB may hold the event loop open.
  process.exit(exitCode);
}

async function answer(
  question: Question,
  options: {
    readonly ports: TrainerPorts;
    readonly release: VerifiedRelease;
    readonly onProgress: (fraction: number, note: string) => void;
  },
): Promise<Why> {
  const { ports, release, onProgress } = options;
  const surfaces = ports.description.surfaces.map(({ name }) => name);
  if (!surfaces.includes(question.surface))
    throw new QuestionError(`no surface is called ${question.surface}; known: ${surfaces.join(', ')}`);
  const atMs = question.atMs ?? ports.clock.nowMs();
  const past = await releaseInThePast(release, { ports, momentOf: () => atMs, onProgress });
  const ordinal = past.items.ordinalOf(itemId(question.item));
  if (ordinal === null) throw new QuestionError(`the catalogue has no item ${question.item}`);
  return follow(question, { release, past, ordinal });
}

async function follow(
  { user, item, surface, k }: Question,
  {
    release,
    past,
    ordinal,
  }: { readonly release: VerifiedRelease; readonly past: ReleaseInThePast; readonly ordinal: Ordinal },
): Promise<Why> {
  const { frame, replay, items, funnel, nowMs } = past;
  const userIndex = frame.events.userIds.indexOf(user);
  const fates = new ItemFates([ordinal], { k });
  const result = await funnel.recommend({
    ...{ requestId: 'why', userId: userId(String(userIndex)), surface, k, nowMs },
    ...{ dryRun: true, watch: fates.watch },
  });
  if (!result.ok) throw new Error(`${result.error.component}: ${result.error.reason}`);
  const { slate } = result.value;
  const [fate] = fates.fates();
  const last = slate.items.at(-1);
  return {
    ...{ userId: user, itemId: item, title: items.title(ordinal) ?? item, surface, k, atMs: nowMs },
    release: release.manifest.version,
    historyCount: userIndex < 0 ? 0 : replay.interactionCount(userIndex),
    isSeen: userIndex >= 0 && replay.seen(userIndex).includes(ordinal),
    isAvailable: items.isAvailable(ordinal),
    sources: slate.diagnostics.retrieved,
    ...{ foundBy: fate.foundBy, ranked: fate.ranked, loss: fate.loss, position: fate.position },
    heads: slate.heads.map(({ head }) => head),
    lastShown: last ? { title: items.title(last.ordinal) ?? last.itemId, score: last.score } : null,
  };
}
