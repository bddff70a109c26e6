import type { ReleaseCanary, UserId } from '@winnow/domain';
import { unitPosition } from './unit-position';

/**
 * Whether a user is in the share that is served a canary: by hash alone, so that every process agrees, and drawn anew for
 * every release, so that nobody meets each new one first.
 */
export const isCanaryUser = (
  { version, share }: Pick<ReleaseCanary, 'version' | 'share'>,
  userId: UserId,
): boolean => unitPosition(`canary/${version}`, userId) < share;
