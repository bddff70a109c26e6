import type { GateDescription, GateThreshold } from '@winnow/domain';
import type { GateProbeName } from '@winnow/reporting';
import { limitCheck, unlessOff, unmeasured } from '../gate-check';
import type { Check } from '../gate-check';

type BehaviourLimits = GateDescription['behaviour'];

const PROBES: readonly {
  readonly probe: GateProbeName;
  readonly name: string;
  readonly least: (limits: BehaviourLimits) => GateThreshold;
}[] = [
  {
    probe: 'single-taste',
    name: 'who likes one category gets more of it',
    least: ({ singleTasteLiftMin }) => singleTasteLiftMin,
  },
  {
    probe: 'halves',
    name: 'two halves of one history have more in common than strangers',
    least: ({ halvesLeadMin }) => halvesLeadMin,
  },
  {
    probe: 'forgotten',
    name: 'the oldest interaction matters little',
    least: ({ forgottenOverlapMin }) => forgottenOverlapMin,
  },
  {
    probe: 'irrelevant',
    name: 'irrelevant attributes matter little',
    least: ({ irrelevantOverlapMin }) => irrelevantOverlapMin,
  },
];

/** What made-up users are given says whether the release understands anything. */
export const behaviourCheck: Check = ({ probes }, { retraining }) =>
  PROBES.map(({ probe, name, least }) => {
    const named = { topic: 'behaviour', name } as const;
    return unlessOff(named, least(retraining.gate.behaviour), (required) => {
      const found = probes.find((one) => one.probe === probe);
      if (!found || found.measured === null) return unmeasured(named, found?.note ?? 'not asked');
      return limitCheck({
        ...named,
        ...{ measured: found.measured, required, bound: 'at-least' },
        refusal: `${name}: ${found.measured.toFixed(3)} where ${required} was wanted (${found.note})`,
      });
    });
  });
