import type { UserRecord } from '@winnow/datasets';
import type { AttributeDefinition, Attributes, UserId } from '@winnow/domain';
import { checkAttributes } from './attribute-check';
import { idViolation } from './id-violation';
import { badRecord, type ImportRun, refuse } from './import-run';

const BATCH = 1_000;

/** Collects users and puts them in batches; the last one of an id within a batch wins. */
export class UserImport {
  private readonly definitions: ReadonlyMap<string, AttributeDefinition>;
  private waiting = new Map<UserId, { readonly userId: UserId; readonly attributes: Attributes }>();

  constructor(private readonly run: ImportRun) {
    this.definitions = new Map(
      run.description.users.attributes.map((definition) => [definition.name, definition]),
    );
  }

  async add(record: UserRecord): Promise<void> {
    const { run } = this;
    const violation = idViolation(record.userId);
    if (violation) return refuse(run, 'users', badRecord(run, `user id ${violation}`, record));
    const checked = checkAttributes(record.attributes, this.definitions);
    if (!checked.ok) return refuse(run, 'users', badRecord(run, checked.reason, record));
    for (const name of checked.dropped) run.droppedAttributes.add(name);
    run.tally.users.kept += 1;
    if (record.repairs) run.tally.users.repaired += 1;
    this.waiting.set(record.userId, { userId: record.userId, attributes: checked.attributes });
    if (this.waiting.size >= BATCH) await this.flush();
  }

  async flush(): Promise<void> {
    const users = [...this.waiting.values()];
    this.waiting = new Map();
    if (users.length === 0) return;
    await this.run.store.catalog.upsertUsers(users);
    this.run.onProgress({ label: 'users', done: this.run.tally.users.kept });
  }
}
