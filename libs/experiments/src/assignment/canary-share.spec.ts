import { releaseVersion, userId } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { isCanaryUser } from './canary-share';

const [A, B] = ['20260101T000000Z-a', '20260102T000000Z-b'].map(releaseVersion);
const USERS = Array.from({ length: 20_000 }, (_, index) => userId(`user-${index}`));

describe('the users of a canary', () => {
  it('are the hash of canary/version/user below the share, so that other languages agree', () => {
    // printf 'canary/20260101T000000Z-a/user-1' | sha256sum
    const position = 0x241e4b / 2 ** 24;
    expect(isCanaryUser({ version: A, share: position }, USERS[1])).toBe(false);
    expect(isCanaryUser({ version: A, share: position + 2 ** -24 }, USERS[1])).toBe(true);
  });

  it('are the share that was asked for, drawn anew for every release', () => {
    const of = (version: typeof A) => USERS.filter((user) => isCanaryUser({ version, share: 0.1 }, user));
    const [ofA, ofB] = [of(A), of(B)];
    // Four and a half standard deviations.
    for (const chosen of [ofA, ofB]) expect(Math.abs(chosen.length - 2_000)).toBeLessThan(191);
    expect(Math.abs(ofA.filter((user) => ofB.includes(user)).length - 200)).toBeLessThan(64);
  });

  it('stay in when the share grows', () => {
    const small = USERS.filter((user) => isCanaryUser({ version: A, share: 0.1 }, user));
    expect(small.every((user) => isCanaryUser({ version: A, share: 0.3 }, user))).toBe(true);
  });
});
