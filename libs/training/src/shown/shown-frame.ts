import type {
  Description,
  EventColumns,
  ShownSlateReader,
  ShownSlates,
  StreamCursor,
  TensorFile,
} from '@winnow/domain';
import type { ItemTable } from '@winnow/features';

/** What users of a run's frame were shown, slate by slate; `users` are indexes of the frame. */
export type ShownFrame = Omit<ShownSlates, 'userIds'>;

/** Where nobody recorded what was shown. */
export const nothingShown = (): ShownFrame => ({
  count: 0,
  users: new Uint32Array(0),
  servedAtMs: new Float64Array(0),
  offsets: new Uint32Array(1),
  ordinals: new Uint32Array(0),
  positions: new Uint8Array(0),
  takenAtMs: new Float64Array(0),
});

export interface ReadShownOptions {
  readonly description: Pick<Description, 'events'>;
  readonly eventLog: ShownSlateReader;
  readonly events: EventColumns;
  readonly items: ItemTable;
  /** First event that examples are made of. */
  readonly rankerIndex: number;
  /** First event that is held out: from here on slates from which nothing was taken come, too. */
  readonly holdoutIndex: number;
  readonly upTo: StreamCursor;
}

/** What was shown in the part of the frame that rankers learn from and are measured by. */
export async function readShown(options: ReadShownOptions): Promise<ShownFrame> {
  const { description, eventLog, events, items, rankerIndex, holdoutIndex, upTo } = options;
  const { timesMs, count } = events;
  const taking = description.events.filter(({ sentiment }) => sentiment === 'positive');
  const shown = await eventLog.readShownSlates({
    takenBy: taking.map(({ name }) => name),
    fromMs: timesMs[rankerIndex],
    toMs: timesMs[count - 1] + 1,
    allFromMs: timesMs[holdoutIndex] ?? Infinity,
    upTo,
  });
  const users = new Map(events.userIds.map((userId, index) => [userId, index]));
  return shownWhere(
    { ...shown, users: shown.users.map((user) => users.get(shown.userIds[user]) ?? NOBODY) },
    { user: (user) => user !== NOBODY, ordinal: (ordinal) => items.has(ordinal) },
  );
}

const NOBODY = 0xffff_ffff;

/** The slates of users, and their items, that are wanted. */
function shownWhere(
  { count, users, servedAtMs, offsets, ordinals, positions, takenAtMs }: ShownFrame,
  wanted: { readonly user: (user: number) => boolean; readonly ordinal: (ordinal: number) => boolean },
): ShownFrame {
  const slates: number[] = [];
  const rows: number[] = [];
  const ends = [0];
  for (let slate = 0; slate < count; slate += 1) {
    if (!wanted.user(users[slate])) continue;
    const before = rows.length;
    for (let row = offsets[slate]; row < offsets[slate + 1]; row += 1)
      if (wanted.ordinal(ordinals[row])) rows.push(row);
    if (rows.length === before) continue;
    slates.push(slate);
    ends.push(rows.length);
  }
  return {
    count: slates.length,
    users: Uint32Array.from(slates, (slate) => users[slate]),
    servedAtMs: Float64Array.from(slates, (slate) => servedAtMs[slate]),
    offsets: Uint32Array.from(ends),
    ordinals: Uint32Array.from(rows, (row) => ordinals[row]),
    positions: Uint8Array.from(rows, (row) => positions[row]),
    takenAtMs: Float64Array.from(rows, (row) => takenAtMs[row]),
  };
}

const COLUMNS = ['users', 'servedAtMs', 'offsets', 'ordinals', 'positions', 'takenAtMs'] as const;

export const shownToTensors = (shown: ShownFrame): TensorFile => ({
  metadata: { kind: 'shown-slates' },
  tensors: Object.fromEntries(
    COLUMNS.map((name) => [name, { shape: [shown[name].length], data: shown[name] }]),
  ),
});

export function shownFromTensors({ tensors }: TensorFile): ShownFrame {
  const columns = Object.fromEntries(COLUMNS.map((name) => [name, tensors[name].data])) as unknown as Omit<
    ShownFrame,
    'count'
  >;
  return { ...columns, count: columns.users.length };
}
