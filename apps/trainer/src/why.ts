import { parseArgs } from 'node:util';
import { itemId, userId, type Ordinal, type VerifiedRelease } from '@winnow/domain';
import { ItemFates } from '@winnow/funnel';
import { askRelease, QuestionError, type Questioned } from './ask-release';
import { releaseInThePast, type ReleaseInThePast } from './release-in-the-past';
import { whyText, type Why } from './why-text';

interface Question {
  readonly user: string;
  readonly item: string;
  readonly surface: string;
  readonly k: number;
  /** Null: now. */
  readonly atMs: number | null;
}

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
  const { user, item, surface, k, at, release, json } = values;
  const question = { user, item, surface, k: Number(k), atMs: at === undefined ? null : Date.parse(at) };
  await askRelease({
    ...{ title: 'why', release, json },
    answer: async (questioned) => {
      const why = await answer(question, questioned);
      return json ? JSON.stringify(why) : whyText(why);
    },
  });
}

async function answer(question: Question, { ports, release, onProgress }: Questioned): Promise<Why> {
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
