/** A string or number that only code which has checked it may call by this name. */
export type Brand<Base, Name extends string> = Base & { readonly __brand: Name };

/** The caller's id of an item, as it came in. */
export type ItemId = Brand<string, 'ItemId'>;
/** The caller's id of a user, as it came in. Users are never numbered. */
export type UserId = Brand<string, 'UserId'>;
/** A uint32 assigned once when an item first arrives; stable for ever, never reused. */
export type Ordinal = Brand<number, 'Ordinal'>;
/** One answer to one request; made when the slate is. */
export type SlateId = Brand<string, 'SlateId'>;
/** Chosen by whoever tracks the event: what comes again under the same id counts once. */
export type EventId = Brand<string, 'EventId'>;
/** Name of a surface in winnow.yaml: home, similar, … */
export type SurfaceName = Brand<string, 'SurfaceName'>;
/** `20261121T070000Z-1a2b3c`: sortable by time of publishing. */
export type ReleaseVersion = Brand<string, 'ReleaseVersion'>;

/** Brands what has been checked, like those that follow: none of them checks or changes anything. */
export const itemId = (value: string): ItemId => value as ItemId;
export const userId = (value: string): UserId => value as UserId;
export const ordinal = (value: number): Ordinal => value as Ordinal;
export const slateId = (value: string): SlateId => value as SlateId;
export const eventId = (value: string): EventId => value as EventId;
export const surfaceName = (value: string): SurfaceName => value as SurfaceName;
export const releaseVersion = (value: string): ReleaseVersion => value as ReleaseVersion;

/** Longest id accepted anywhere, in UTF-16 code units. */
export const ID_LENGTH_MAX = 256;
