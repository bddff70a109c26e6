import { timestampFromMs, type Timestamp } from '@bufbuild/protobuf/wkt';
import type { AttributeDefinition, AttributeValue } from '@winnow/domain';
import type { ItemReader } from '../ports';

/** A value as the CEL interpreter takes it. */
export type CelBinding = string | number | boolean | readonly string[] | readonly number[] | Timestamp;
export type CelBindings = Readonly<Record<string, CelBinding>>;

/** Items whose decoded attributes are kept; a catalogue's head is far smaller than its tail. */
const ITEM_COUNT_MAX = 20_000;

interface CachedItem {
  readonly version: number;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  bindings: CelBindings | null;
}

/** Attributes as CEL sees them: timestamps as timestamps, absent ones not at all. */
function bindingsOf(
  attributes: Readonly<Record<string, AttributeValue>>,
  definitions: readonly AttributeDefinition[],
): Record<string, CelBinding> {
  const bindings: Record<string, CelBinding> = {};
  for (const { name, type } of definitions) {
    const value = attributes[name];
    if (value === undefined || value === null || type === 'embedding') continue;
    bindings[name] = type === 'timestamp' ? timestampFromMs(value as number) : value;
  }
  return bindings;
}

/** Decoded attributes of items, kept per ordinal and version, so that a thousand candidates cost no decoding. */
export class ItemBindings {
  readonly #cache = new Map<number, CachedItem>();

  constructor(
    readonly items: ItemReader,
    readonly definitions: readonly AttributeDefinition[],
  ) {}

  attributes(ordinal: number): Readonly<Record<string, AttributeValue>> {
    return this.#entry(ordinal).attributes;
  }

  /** `id` and the attributes. */
  bindings(ordinal: number): CelBindings {
    const entry = this.#entry(ordinal);
    entry.bindings ??= {
      ...bindingsOf(entry.attributes, this.definitions),
      id: this.items.itemId(ordinal) ?? '',
    };
    return entry.bindings;
  }

  #entry(ordinal: number): CachedItem {
    const version = this.items.version(ordinal);
    const known = this.#cache.get(ordinal);
    if (known?.version === version) return known;
    if (this.#cache.size >= ITEM_COUNT_MAX) {
      const [oldest] = this.#cache.keys();
      this.#cache.delete(oldest);
    }
    const entry = { version, attributes: this.items.attributes(ordinal), bindings: null };
    this.#cache.set(ordinal, entry);
    return entry;
  }
}

/** What one request's expressions see: one user, one moment, and the item that the cursor is on. */
export class ExpressionScope {
  readonly #items: ItemBindings;
  readonly #userAttributes: Readonly<Record<string, AttributeValue>>;
  readonly #userDefinitions: readonly AttributeDefinition[];
  readonly #nowMs: number;
  #userBindings: CelBindings | null = null;
  #now: Timestamp | null = null;
  /** The item under test. */
  ordinal = 0;

  constructor(options: {
    readonly items: ItemBindings;
    readonly userAttributes: Readonly<Record<string, AttributeValue>>;
    readonly userDefinitions: readonly AttributeDefinition[];
    readonly nowMs: number;
  }) {
    this.#items = options.items;
    this.#userAttributes = options.userAttributes;
    this.#userDefinitions = options.userDefinitions;
    this.#nowMs = options.nowMs;
  }

  itemId(): string {
    return this.#items.items.itemId(this.ordinal) ?? '';
  }

  itemNumber(name: string): number | undefined {
    const value = this.#items.items.number(name, this.ordinal);
    return Number.isNaN(value) ? undefined : value;
  }

  itemValue(name: string): AttributeValue | undefined {
    return this.#items.attributes(this.ordinal)[name] ?? undefined;
  }

  userValue(name: string): AttributeValue | undefined {
    return this.#userAttributes[name] ?? undefined;
  }

  /** For the interpreter. */
  celBindings(): { readonly item: CelBindings; readonly user: CelBindings; readonly now: Timestamp } {
    this.#userBindings ??= bindingsOf(this.#userAttributes, this.#userDefinitions);
    this.#now ??= timestampFromMs(this.#nowMs);
    return { item: this.#items.bindings(this.ordinal), user: this.#userBindings, now: this.#now };
  }
}
