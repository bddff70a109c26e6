import { LuaScript } from './lua-script';
import type { RedisConnection } from './redis-connection';
import { REPLAY_FIELDS } from './stream-entry';

/** What a consumer group gave up on. */
export interface DeadLetter {
  /** Its own id, by which it is replayed or dropped; begins with the time at which it was written. */
  readonly id: string;
  /** Key of the stream that it came from. */
  readonly stream: string;
  readonly group: string;
  /** Id of the entry in the stream that it came from. */
  readonly entryId: string;
  readonly deliveries: number;
  readonly reason: string;
  /** The entry as it was. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Older ones go first: a writer that produces nothing but rubbish must not fill Redis. */
const DEAD_LETTERS_MAX = 100_000;
const REASON_LENGTH_MAX = 1_000;
const ENTRY_FIELD = 'entry:';

export class DeadLetterWriter {
  constructor(
    private readonly options: {
      readonly connection: RedisConnection;
      readonly deadLetters: string;
      /** Where the entries come from. */
      readonly stream: string;
      readonly group: string;
    },
  ) {}

  async write(letter: {
    readonly id: string;
    readonly fields: readonly string[];
    readonly deliveries: number;
    readonly reason: string;
  }): Promise<void> {
    const { connection, deadLetters, stream, group } = this.options;
    const entry = letter.fields.map((text, index) => (index % 2 === 0 ? `${ENTRY_FIELD}${text}` : text));
    await connection.run((client) =>
      client.xadd(
        deadLetters,
        'MAXLEN',
        '~',
        DEAD_LETTERS_MAX,
        '*',
        ...['stream', stream, 'group', group, 'entry-id', letter.id, 'deliveries', letter.deliveries],
        ...['reason', letter.reason.slice(0, REASON_LENGTH_MAX), ...entry],
      ),
    );
  }
}

/**
 * Moves a letter back to the stream that it came from, for its group alone.
 * KEYS: dead letters, stream. ARGV: the letter's id, then the fields of the new entry. Returns 1, or 0 when the letter is gone.
 */
const replayScript = new LuaScript(`
if redis.call('XDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 2))
return 1
`);

/** Looks through what groups gave up on, and settles it. */
export class DeadLetters {
  constructor(
    private readonly connection: RedisConnection,
    private readonly deadLetters: string,
  ) {}

  count(): Promise<number> {
    return this.connection.run((client) => client.xlen(this.deadLetters));
  }

  /** Newest first. */
  async list(countMax: number): Promise<readonly DeadLetter[]> {
    const entries = await this.connection.run((client) =>
      client.xrevrange(this.deadLetters, '+', '-', 'COUNT', countMax),
    );
    return entries.map(([id, fields]) => deadLetter(id, fields));
  }

  /** Null when there is none of this id. */
  async find(id: string): Promise<DeadLetter | null> {
    const [entry] = await this.connection.run((client) => client.xrange(this.deadLetters, id, id));
    return entry ? deadLetter(...entry) : null;
  }

  /** Has its group handle the letter again; other groups and tails pass it over. False when it is gone. */
  async replay({ id, stream, group, entryId, fields }: DeadLetter): Promise<boolean> {
    // A letter that was replayed before keeps its first id.
    const entry = { [REPLAY_FIELDS.firstId]: entryId, ...fields, [REPLAY_FIELDS.group]: group };
    const moved = await this.connection.run((client) =>
      replayScript.run(client, {
        keys: [this.deadLetters, stream],
        args: [id, ...Object.entries(entry).flat()],
      }),
    );
    return moved === 1;
  }

  /** False when there is none of this id. */
  async drop(id: string): Promise<boolean> {
    return (await this.connection.run((client) => client.xdel(this.deadLetters, id))) === 1;
  }
}

function deadLetter(id: string, fields: readonly string[]): DeadLetter {
  const values: Record<string, string> = {};
  for (let index = 0; index + 1 < fields.length; index += 2) values[fields[index]] = fields[index + 1];
  const entry = Object.entries(values).filter(([name]) => name.startsWith(ENTRY_FIELD));
  return {
    id,
    stream: values['stream'],
    group: values['group'],
    entryId: values['entry-id'],
    deliveries: Number(values['deliveries']),
    reason: values['reason'],
    fields: Object.fromEntries(entry.map(([name, value]) => [name.slice(ENTRY_FIELD.length), value])),
  };
}
