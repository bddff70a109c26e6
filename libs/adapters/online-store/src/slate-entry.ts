import { userId, type ServedSlate, type SlateTrace, type TracedCandidates } from '@winnow/domain';
import { fieldOf, requiredField, type EntryCodec } from './stream-entry';

type Columns = Uint8Array | Uint32Array | Float32Array;

/** Numbers travel as base64 of their bytes: a trace has ten thousand of them. */
const pack = ({ buffer, byteOffset, byteLength }: Columns): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');

/** A copy of the bytes, aligned as the array wants them. */
const bytesOf = (packed: string): ArrayBuffer => Uint8Array.from(Buffer.from(packed, 'base64')).buffer;

/** Typed arrays as base64, everything else as it is. */
type Packed<T> = { readonly [Key in keyof T]: T[Key] extends Columns ? string : T[Key] };

interface PackedCandidates extends Omit<Packed<TracedCandidates>, 'provenance'> {
  readonly provenance: Packed<TracedCandidates['provenance']>;
}

type PackedTrace = Omit<SlateTrace, 'candidates'> & { readonly candidates: PackedCandidates };

function packTrace(trace: SlateTrace): PackedTrace {
  const { ordinals, lightScores, heavyScores, headValues, features, provenance } = trace.candidates;
  return {
    ...trace,
    candidates: {
      ordinals: pack(ordinals),
      lightScores: pack(lightScores),
      heavyScores: pack(heavyScores),
      headValues: pack(headValues),
      features: pack(features),
      provenance: {
        candidates: pack(provenance.candidates),
        sources: pack(provenance.sources),
        sourceNames: provenance.sourceNames,
        ranks: pack(provenance.ranks),
        scores: pack(provenance.scores),
      },
    },
  };
}

function unpackTrace(trace: PackedTrace): SlateTrace {
  const { ordinals, lightScores, heavyScores, headValues, features, provenance } = trace.candidates;
  return {
    ...trace,
    candidates: {
      ordinals: new Uint32Array(bytesOf(ordinals)),
      lightScores: new Float32Array(bytesOf(lightScores)),
      heavyScores: new Float32Array(bytesOf(heavyScores)),
      headValues: new Float32Array(bytesOf(headValues)),
      features: new Float32Array(bytesOf(features)),
      provenance: {
        candidates: new Uint32Array(bytesOf(provenance.candidates)),
        sources: new Uint8Array(bytesOf(provenance.sources)),
        sourceNames: provenance.sourceNames,
        ranks: new Uint32Array(bytesOf(provenance.ranks)),
        scores: new Float32Array(bytesOf(provenance.scores)),
      },
    },
  };
}

/** `[user, slate, trace]`, the trace empty where there is none. The user apart, so that an erasure finds its entries. */
export function encodeSlate({
  userId: user,
  trace,
  ...slate
}: ServedSlate): [user: string, slate: string, trace: string] {
  return [user, JSON.stringify(slate), trace ? JSON.stringify(packTrace(trace)) : ''];
}

export const slateCodec: EntryCodec<ServedSlate> = {
  decode: (_id, fields) => {
    const trace = fieldOf(fields, 't');
    return {
      ...(JSON.parse(requiredField(fields, 's')) as Omit<ServedSlate, 'userId' | 'trace'>),
      userId: userId(requiredField(fields, 'u')),
      ...(trace && { trace: unpackTrace(JSON.parse(trace) as PackedTrace) }),
    };
  },
};
