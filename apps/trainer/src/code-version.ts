import { RELEASE_FORMAT_VERSION } from '@winnow/domain';

/**
 * Written into every release's manifest; part of a run's identity, so that new code trains anew instead of going on with the
 * files of a run that older code began.
 */
export const CODE_VERSION = `0.1.0+format.${RELEASE_FORMAT_VERSION}`;
