import { EventLogError } from '@winnow/event-log';
import { StoreUnavailableError } from '@winnow/online-store';
import { RpcError } from '@winnow/platform';

/** Does what needs a store; the caller of a store that is away gets UNAVAILABLE and may simply try again. */
export async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof StoreUnavailableError || thrown instanceof EventLogError)
      throw new RpcError('unavailable', thrown.message, { cause: thrown });
    throw thrown;
  }
}

const DISK_FAILURE = /IO Error|Out of Memory|No space left/i;

/** Failures of disk or memory: no event is to blame, so none is put aside for them. */
export const isStorageFailure = (thrown: unknown): boolean =>
  thrown instanceof EventLogError ||
  (thrown instanceof Error && ('errno' in thrown || DISK_FAILURE.test(thrown.message)));
