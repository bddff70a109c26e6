import { AttentionPoolEncoder } from './attention-pool-encoder';
import { GruEncoder } from './gru-encoder';
import { MeanPoolEncoder } from './mean-pool-encoder';
import type { QueryEncoder } from './query-encoder';
import type { SequenceModelConfig } from './sequence-config';
import { SetPoolEncoder } from './set-pool-encoder';
import { TransformerEncoder } from './transformer-encoder';

/** The encoder that a configuration names. */
export function createEncoder({ encoder, dimension, historyCountMax }: SequenceModelConfig): QueryEncoder {
  switch (encoder.kind) {
    case 'mean-pool':
      return new MeanPoolEncoder(dimension);
    case 'attention-pool':
      return new AttentionPoolEncoder(dimension, historyCountMax);
    case 'set-pool':
      return new SetPoolEncoder();
    case 'gru':
      return new GruEncoder(dimension);
    case 'transformer':
      return new TransformerEncoder({ ...encoder, dimension, positionCount: historyCountMax });
  }
}
