import { candidateV1, rankingV1, servingV1 } from '@winnow/contracts';
import { ordinal, releaseVersion, type QueryFeatures } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import {
  queryFeaturesFromWire,
  queryFeaturesToWire,
  rankReplyFromWire,
  rankReplyToWire,
  rankRequestFromWire,
  rankRequestToWire,
  retrieveReplyFromWire,
  retrieveReplyToWire,
  retrieveRequestFromWire,
  retrieveRequestToWire,
  statusFromWire,
  statusToWire,
} from './wire-mapping';

const query: QueryFeatures = {
  history: [
    { ordinal: ordinal(4_294_967_295), eventType: 2, timeMs: 1_700_000_000_000, value: 4.5 },
    { ordinal: ordinal(0), eventType: 0, timeMs: 1_700_000_060_000, value: 1 },
  ],
  seedOrdinals: [ordinal(7), ordinal(9)],
  userAttributes: {
    country: 'NL',
    age: 42,
    genres: ['drama'],
    tags: ['a', 'b'],
    none: [],
    taste: [0.25, -1],
    one: [3],
  },
  context: { device: 'phone', country: 'NL', campaign: '' },
  nowMs: 1_763_700_000_123,
};
const release = releaseVersion('20261121T070000Z-1a2b3c');

/** Through the bytes, as on the wire. */
const throughBytes = <Message>(
  codec: { encode(message: Message): { finish(): Uint8Array }; decode(bytes: Uint8Array): Message },
  message: Message,
): Message => codec.decode(codec.encode(message).finish());

describe('wire mapping', () => {
  it('brings back every query feature, lists of one as lists', () => {
    const wire = throughBytes(servingV1.QueryFeatures, queryFeaturesToWire(query));
    expect(queryFeaturesFromWire(wire)).toEqual(query);
  });

  it('leaves out erased attributes and fractions of a millisecond', () => {
    const wire = queryFeaturesToWire({ ...query, userAttributes: { gone: null }, nowMs: 12.9 });
    const back = queryFeaturesFromWire(throughBytes(servingV1.QueryFeatures, wire));
    expect(back.userAttributes).toEqual({});
    expect(back.nowMs).toBe(12);
  });

  it('refuses a history whose columns differ in length, and a request without a query', () => {
    const wire = { ...queryFeaturesToWire(query), historyTimesMs: [1] };
    expect(() => queryFeaturesFromWire(wire)).toThrow(
      new RangeError('query.history_times_ms has 1 entries, history_ordinals has 2'),
    );
    expect(() => rankRequestFromWire(rankingV1.RankRequest.fromPartial({ ordinals: [1] }))).toThrow(
      /query is missing/,
    );
  });

  it.each([null, Float32Array.of(0.5, -0.25)])(
    'brings back a rank request with query vector %s',
    (queryVector) => {
      const request = { release, query, ordinals: Uint32Array.of(5, 4_000_000_000), queryVector };
      const wire = throughBytes(rankingV1.RankRequest, rankRequestToWire(request));
      expect(rankRequestFromWire(wire)).toEqual(request);
    },
  );

  it('brings back a rank reply', () => {
    const reply = {
      release,
      scores: Float32Array.of(0.1, -3),
      heads: ['click', 'buy'],
      headValues: Float32Array.of(0.5, 0.25, 0.125, 0),
    };
    expect(rankReplyFromWire(throughBytes(rankingV1.RankResponse, rankReplyToWire(reply)))).toEqual(reply);
  });

  it('brings back features as served, to the last bit, for a request that asks for them', () => {
    const request = { release, query, ordinals: Uint32Array.of(5), queryVector: null, returnFeatures: true };
    const wire = throughBytes(rankingV1.RankRequest, rankRequestToWire(request));
    expect(rankRequestFromWire(wire)).toEqual(request);
    const matrix = Float32Array.of(9, 0.1, -1e-30, 3.4e38, 9);
    const reply = {
      ...{ release, scores: Float32Array.of(1), heads: ['click'], headValues: Float32Array.of(0.5) },
      features: {
        names: ['a', 'b', 'c'],
        values: matrix.subarray(1, 4),
        asOf: { events: '1700000000000-3', catalog: '0' },
      },
    };
    const back = rankReplyFromWire(throughBytes(rankingV1.RankResponse, rankReplyToWire(reply)));
    expect(back).toEqual(reply);
  });

  it('brings back a retrieve request and its reply', () => {
    const request = {
      release,
      query,
      sources: [{ source: 'two-tower', quota: 500 }],
      excludedOrdinals: Uint32Array.of(1, 2),
    };
    expect(
      retrieveRequestFromWire(throughBytes(candidateV1.RetrieveRequest, retrieveRequestToWire(request))),
    ).toEqual(request);
    const reply = {
      release,
      sources: [{ source: 'similar', ordinals: Uint32Array.of(8), scores: Float32Array.of(0.75) }],
      queryVector: Float32Array.of(1, 0),
    };
    expect(
      retrieveReplyFromWire(throughBytes(candidateV1.RetrieveResponse, retrieveReplyToWire(reply))),
    ).toEqual(reply);
  });

  it('brings back a status', () => {
    const status = { loadedReleases: [release], ready: true, backend: 'wasm' };
    expect(statusFromWire(throughBytes(servingV1.GetStatusResponse, statusToWire(status)))).toEqual(status);
  });
});
