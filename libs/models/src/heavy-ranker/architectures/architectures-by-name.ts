import type { HeavyRankerArchitectureName } from '@winnow/domain';
import type { HeavyRankerArchitecture } from './architecture';
import { bst } from './bst';
import { dcnV2 } from './dcn-v2';
import { deepFm } from './deepfm';
import { din } from './din';
import { dlrm } from './dlrm';
import { mmoe } from './mmoe';
import { neuMf } from './neumf';
import { ple } from './ple';
import { wideAndDeep } from './wide-and-deep';
import { wideAttentiveCross } from './wide-attentive-cross';

/** Every architecture by the name that winnow.yaml and saved models give it. */
export const ARCHITECTURES: Readonly<Record<HeavyRankerArchitectureName, HeavyRankerArchitecture>> = {
  'wide-attentive-cross': wideAttentiveCross,
  'wide-and-deep': wideAndDeep,
  deepfm: deepFm,
  neumf: neuMf,
  dlrm,
  'dcn-v2': dcnV2,
  din,
  bst,
  mmoe,
  ple,
};
