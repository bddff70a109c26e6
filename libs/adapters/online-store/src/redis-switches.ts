import {
  err,
  ok,
  type Result,
  type StageError,
  type SwitchKind,
  type SwitchReader,
  type SwitchWriter,
  type ThrownSwitch,
} from '@winnow/domain';
import { StoreUnavailableError, type RedisConnection } from './redis-connection';

const fieldOf = (kind: SwitchKind, name: string): string => `${kind}:${name}`;

/** Kill switches as one hash: a handful of fields, read whole. */
export class RedisSwitches implements SwitchReader, SwitchWriter {
  constructor(
    private readonly connection: RedisConnection,
    private readonly key: string,
  ) {}

  async thrown(): Promise<Result<readonly ThrownSwitch[], StageError>> {
    try {
      const entries = await this.connection.run((client) => client.hvals(this.key));
      return ok(entries.map((entry) => JSON.parse(entry) as ThrownSwitch));
    } catch (thrown) {
      if (thrown instanceof StoreUnavailableError) return err(thrown.stageError);
      throw thrown;
    }
  }

  async throwSwitch(thrown: ThrownSwitch): Promise<void> {
    const field = fieldOf(thrown.kind, thrown.name);
    await this.connection.run((client) => client.hset(this.key, field, JSON.stringify(thrown)));
  }

  async takeBack(kind: SwitchKind, name: string): Promise<boolean> {
    return (await this.connection.run((client) => client.hdel(this.key, fieldOf(kind, name)))) > 0;
  }
}
