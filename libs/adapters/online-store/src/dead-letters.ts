import type { RedisConnection } from './redis-connection';

/** What a consumer group gave up on. */
export interface DeadLetter {
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
    const { connection, stream, group } = this.options;
    const entry = letter.fields.map((text, index) => (index % 2 === 0 ? `${ENTRY_FIELD}${text}` : text));
    await connection.run((client) =>
      client.xadd(
        stream,
        'MAXLEN',
        '~',
        DEAD_LETTERS_MAX,
        '*',
        ...['group', group, 'entry-id', letter.id, 'deliveries', letter.deliveries],
        ...['reason', letter.reason.slice(0, REASON_LENGTH_MAX), ...entry],
      ),
    );
  }
}

/** For `winnow doctor` and alerts. */
export class DeadLetterReader {
  constructor(
    private readonly connection: RedisConnection,
    private readonly stream: string,
  ) {}

  count(): Promise<number> {
    return this.connection.run((client) => client.xlen(this.stream));
  }

  /** Newest first. */
  async list(countMax: number): Promise<readonly DeadLetter[]> {
    const entries = await this.connection.run((client) =>
      client.xrevrange(this.stream, '+', '-', 'COUNT', countMax),
    );
    return entries.map(([, fields]) => deadLetter(fields));
  }
}

function deadLetter(fields: readonly string[]): DeadLetter {
  const values: Record<string, string> = {};
  for (let index = 0; index + 1 < fields.length; index += 2) values[fields[index]] = fields[index + 1];
  const entry = Object.entries(values).filter(([name]) => name.startsWith(ENTRY_FIELD));
  return {
    group: values['group'],
    entryId: values['entry-id'],
    deliveries: Number(values['deliveries']),
    reason: values['reason'],
    fields: Object.fromEntries(entry.map(([name, value]) => [name.slice(ENTRY_FIELD.length), value])),
  };
}
