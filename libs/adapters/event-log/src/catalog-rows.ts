import type { DuckDBAppender, DuckDBDataChunk } from '@duckdb/node-api';
import {
  itemId,
  ordinal,
  userId,
  type Attributes,
  type CatalogChange,
  type CatalogItem,
  type UserId,
} from '@winnow/domain';

/** The table that `appendChange` fills; which columns are NULL depends on `kind`. Times are BIGINT there. */
export const CATALOG_BUFFER_SQL = `(
  kind VARCHAR, item_id VARCHAR, user_id VARCHAR, ordinal UINTEGER, attributes VARCHAR, available BOOLEAN,
  first_seen_at BIGINT, changed_at BIGINT)`;

/** Turns the buffer into the columns of a catalogue part. */
export const CATALOG_PART_SQL = `* REPLACE (
  attributes::JSON AS attributes, make_timestamp_ms(first_seen_at)::TIMESTAMP_MS AS first_seen_at,
  make_timestamp_ms(changed_at)::TIMESTAMP_MS AS changed_at)`;

/** What the functions below understand, in their order. */
export const CATALOG_SELECT_SQL = `kind, item_id, user_id, ordinal, attributes, available,
  epoch_ms(first_seen_at::TIMESTAMP)::DOUBLE, epoch_ms(changed_at::TIMESTAMP)::DOUBLE`;

const wholeMs = (timeMs: number): bigint => BigInt(Math.round(timeMs));

/** Adds one row to the buffer. */
export function appendChange(appender: DuckDBAppender, change: CatalogChange): void {
  appender.appendVarchar(change.kind);
  switch (change.kind) {
    case 'item-upserted':
      appender.appendVarchar(change.item.itemId);
      appender.appendNull();
      appender.appendUInteger(change.item.ordinal);
      appender.appendVarchar(JSON.stringify(change.item.attributes));
      appender.appendBoolean(change.item.available);
      appender.appendBigInt(wholeMs(change.item.firstSeenAtMs));
      break;
    case 'item-deleted':
      appender.appendVarchar(change.itemId);
      appender.appendNull();
      appender.appendUInteger(change.ordinal);
      for (let column = 0; column < 3; column += 1) appender.appendNull();
      break;
    case 'user-upserted':
      appender.appendNull();
      appender.appendVarchar(change.userId);
      appender.appendNull();
      appender.appendVarchar(JSON.stringify(change.attributes));
      for (let column = 0; column < 2; column += 1) appender.appendNull();
      break;
  }
  appender.appendBigInt(wholeMs(change.changedAtMs));
  appender.endRow();
}

type CatalogColumns = [
  kinds: CatalogChange['kind'][],
  itemIds: string[],
  userIds: string[],
  ordinals: number[],
  attributes: string[],
  available: boolean[],
  firstSeenAt: number[],
  changedAt: number[],
];

const columnsOf = (chunk: DuckDBDataChunk): CatalogColumns => chunk.getColumns() as CatalogColumns;

function itemAt(columns: CatalogColumns, row: number): CatalogItem {
  const [, itemIds, , ordinals, attributes, available, firstSeenAt] = columns;
  return {
    ordinal: ordinal(ordinals[row]),
    itemId: itemId(itemIds[row]),
    attributes: JSON.parse(attributes[row]) as Attributes,
    available: available[row],
    firstSeenAtMs: firstSeenAt[row],
  };
}

function changeAt(columns: CatalogColumns, row: number): CatalogChange {
  const [kinds, itemIds, userIds, ordinals, attributes, , , changedAt] = columns;
  const changedAtMs = changedAt[row];
  switch (kinds[row]) {
    case 'item-upserted':
      return { kind: 'item-upserted', item: itemAt(columns, row), changedAtMs };
    case 'item-deleted':
      return {
        kind: 'item-deleted',
        ordinal: ordinal(ordinals[row]),
        itemId: itemId(itemIds[row]),
        changedAtMs,
      };
    case 'user-upserted':
      return {
        kind: 'user-upserted',
        userId: userId(userIds[row]),
        attributes: JSON.parse(attributes[row]) as Attributes,
        changedAtMs,
      };
  }
}

const eachRow = <T>(chunk: DuckDBDataChunk, at: (columns: CatalogColumns, row: number) => T): T[] => {
  const columns = columnsOf(chunk);
  return columns[0].map((_, row) => at(columns, row));
};

export const changesOfChunk = (chunk: DuckDBDataChunk): CatalogChange[] => eachRow(chunk, changeAt);

export const itemsOfChunk = (chunk: DuckDBDataChunk): CatalogItem[] => eachRow(chunk, itemAt);

export const usersOfChunk = (chunk: DuckDBDataChunk): { userId: UserId; attributes: Attributes }[] =>
  eachRow(chunk, (columns, row) => ({
    userId: userId(columns[2][row]),
    attributes: JSON.parse(columns[4][row]) as Attributes,
  }));
