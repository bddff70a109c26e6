import type { ReleaseVersion } from '@winnow/domain';
import type { StepContext } from './step-context';

/**
 * Moves the pointer to a release that has passed the gate, or to it as the canary where winnow.yaml asks for one and
 * something else serves; a canary that is still on trial gives its place to the newer release. Done twice, it is done once.
 *
 * @returns a line for people
 */
export async function putToUse(
  { registry, description, clock }: Pick<StepContext, 'registry' | 'description' | 'clock'>,
  version: ReleaseVersion,
  reason: string,
): Promise<string> {
  const { current } = await registry.pointer();
  const { canary } = description.retraining;
  if (canary === undefined || current === null || current === version) {
    const moved = current === version ? null : await registry.promote(version);
    if (moved && !moved.ok) throw new Error(moved.error.reason);
    return `${version} promoted: ${reason}`;
  }
  // Killed before it could say so, and the trial has ended since: it is not begun again.
  const known = (await registry.canaryReports()).find((report) => report.version === version);
  if (known && known.state !== 'running')
    return `${version} was the canary, and was ${known.state}: ${known.reason}`;
  const { share } = canary;
  const begun = await registry.beginCanary({ version, share, sinceMs: clock.nowMs() });
  if (!begun.ok) throw new Error(begun.error.reason);
  return `${version} is the canary for ${Number((100 * share).toPrecision(3))} % of the users: ${reason}`;
}
