/** Written into every release's manifest; part of a run's identity, so that new code trains anew. */
export const CODE_VERSION = '0.1.0';
