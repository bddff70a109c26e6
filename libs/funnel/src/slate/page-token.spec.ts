import { ordinal, seededRandom } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { decodePageToken, encodePageToken, PAGED_ITEMS_MAX, type PageToken } from './page-token';

const tokenOf = (...ordinals: number[]): PageToken => ({
  surface: 'home',
  release: '20260101T000000Z-a',
  servedOrdinals: ordinals.map(ordinal),
});

describe('page tokens', () => {
  it.each([[[]], [[0, 1, 4_294_967_295]], [Array.from({ length: PAGED_ITEMS_MAX }, (_, index) => index)]])(
    'come back as they went (%#)',
    (ordinals) => {
      const decoded = decodePageToken(encodePageToken(tokenOf(...ordinals)));
      expect(decoded).toEqual({ ok: true, value: tokenOf(...ordinals) });
    },
  );

  it('are safe in a URL', () => {
    expect(encodePageToken(tokenOf(1, 2, 3, 62, 63))).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  it('are refused when a single character has changed', () => {
    const token = encodePageToken(tokenOf(1, 2, 3));
    for (let index = 0; index < token.length; index += 1) {
      const changed = token.slice(0, index) + (token[index] === 'A' ? 'B' : 'A') + token.slice(index + 1);
      const decoded = decodePageToken(changed);
      expect(decoded, changed).toMatchObject({
        ok: false,
        error: { kind: 'client', component: 'page_token' },
      });
    }
  });

  it.each(['', 'A', '!!!!', 'not a token', '=='])('are refused when they are %j', (token) => {
    expect(decodePageToken(token).ok).toBe(false);
  });

  it('are refused when they are random bytes', () => {
    const random = seededRandom(3);
    for (let count = 0; count < 200; count += 1) {
      const bytes = Buffer.from(Array.from({ length: 1 + Math.floor(random() * 60) }, () => random() * 256));
      expect(decodePageToken(bytes.toString('base64url')).ok).toBe(false);
    }
  });

  it('are refused when they hold more than any slate', () => {
    const ordinals = Array.from({ length: PAGED_ITEMS_MAX + 1 }, (_, index) => index);
    expect(decodePageToken(encodePageToken(tokenOf(...ordinals))).ok).toBe(false);
  });
});
