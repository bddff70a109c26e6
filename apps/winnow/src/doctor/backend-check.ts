import { reasonOf } from '@winnow/domain';
import { failure, fine, type Finding, warning } from './finding';

/** Which TF.js backend a service would run on, found out by starting it. */
export async function checkBackend(): Promise<Finding> {
  const subject = 'tensor backend';
  try {
    // Only here: no other question of the doctor needs the tensor library.
    const { startBackend } = await import('@winnow/tensor');
    const { backend, details, skipped } = await startBackend({ forced: process.env['WINNOW_BACKEND'] });
    const others = skipped.map(({ backend: name, reason }) => `${name} ${reason}`).join(', ');
    return fine(subject, `${backend} (${details})${others ? `; passed over: ${others}` : ''}`);
  } catch (thrown) {
    const forced = process.env['WINNOW_BACKEND'];
    return forced
      ? warning(subject, reasonOf(thrown), `unset WINNOW_BACKEND, or install what ${forced} needs`)
      : failure(subject, reasonOf(thrown), 'install again with: npm ci');
  }
}
