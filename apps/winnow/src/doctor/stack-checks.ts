import { access } from 'node:fs/promises';
import { type Description, type ReleaseManifest, reasonOf } from '@winnow/domain';
import { checkRedis } from '@winnow/online-store';
import { ConfigError, homeFolders, loadDescription } from '@winnow/platform';
import { openEventLog, openRegistry } from '../composition-root';
import { findDescriptionPath, type Settings } from '../config.schema';
import { agoText, bytesText, countText } from '../output/quantities';
import { portIsFree } from '../services/port-check';
import { isServing } from '../services/service-health';
import { planServices, PORT_BASE_DEFAULT } from '../services/service-plan';
import { findRunningStack } from '../supervisor/home-lock';
import { failure, fine, type Finding, warning } from './finding';

/** The description, as every service would read it. */
export async function checkDescription(settings: Settings, workingFolder: string): Promise<Finding> {
  const path = findDescriptionPath(settings, workingFolder);
  if (!path)
    return warning(
      'description',
      'there is no winnow.yaml yet',
      'copy one from examples/, or run: npx winnow demo',
    );
  try {
    const { namespace, items, events, surfaces }: Description = await loadDescription(path);
    return fine(
      'description',
      `${path}: namespace ${namespace}, ${items.attributes.length} item attributes, events ${events
        .map(({ name }) => name)
        .join(', ')}, surfaces ${surfaces.map(({ name }) => name).join(', ')}`,
    );
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    return failure('description', thrown.message, 'correct what it names');
  }
}

/** Redis as configured or as it runs on this home; none is started for the question. */
export async function checkStore(settings: Settings): Promise<readonly Finding[]> {
  const url = settings.redisUrl ?? findRunningStack(settings.home)?.redisUrl;
  if (!url)
    return [
      fine(
        'Redis',
        'none is configured and none runs; winnow finds or starts one when it needs it (REDIS_URL)',
      ),
    ];
  const { reachable, version, maxmemoryPolicy, appendOnly, problems } = await checkRedis({ url });
  if (problems.length === 0)
    return [fine('Redis', `${version}, ${maxmemoryPolicy}, append-only file ${appendOnly ? 'on' : 'off'}`)];
  return problems.map(({ problem, remedy }) =>
    reachable ? warning('Redis', problem, remedy) : failure('Redis', problem, remedy),
  );
}

/** Each port: served by us, free, or taken by somebody else. */
export async function checkPorts(settings: Settings): Promise<readonly Finding[]> {
  const running = findRunningStack(settings.home);
  const portBase = running?.portBase ?? PORT_BASE_DEFAULT;
  const specs = planServices({ portBase, distFolder: '', environment: {} });
  return Promise.all(
    specs.map(async (spec) => {
      const port = spec.grpcPort ?? spec.metricsPort;
      const subject = `${spec.name} :${port}`;
      if (await isServing(spec)) return fine(subject, 'serving');
      if (running)
        return warning(
          subject,
          'started, not serving',
          `look into ${homeFolders(settings.home).logs}/${spec.name}.log; without a release this is expected`,
        );
      return (await portIsFree(port))
        ? fine(subject, 'not running, port free')
        : warning(
            subject,
            'port taken by another process',
            'stop it, or start with: npx winnow up --port-base 8700',
          );
    }),
  );
}

/** What was imported. */
export async function checkEventLog(settings: Settings, nowMs: number): Promise<Finding> {
  const eventLog = await openEventLog(settings);
  try {
    const { eventCount, lastEventAtMs, bytes } = await eventLog.stats();
    if (eventCount === 0 || lastEventAtMs === null)
      return warning('event log', 'empty', 'import something: npx winnow import --help');
    return fine(
      'event log',
      `${countText(eventCount)} events, the newest ${agoText(lastEventAtMs, nowMs)}, ${bytesText(bytes)}`,
    );
  } catch (thrown) {
    return failure(
      'event log',
      reasonOf(thrown),
      'restore the file that is named from a backup, or move it away',
    );
  } finally {
    await eventLog.close();
  }
}

/** The current release, verified as a service would before loading it. */
export async function checkRelease(settings: Settings, nowMs: number): Promise<Finding> {
  const subject = 'release';
  try {
    await access(homeFolders(settings.home).registry);
  } catch {
    return warning(subject, 'there is none yet', 'make one: npx winnow train');
  }
  const registry = openRegistry(settings);
  const { current } = await registry.pointer();
  if (!current) return warning(subject, 'none is promoted', 'make one: npx winnow train');
  const release = await registry.open(current);
  if (!release.ok)
    return failure(
      subject,
      `${current}: ${release.error.reason}`,
      'go back with: npx winnow rollback; then train anew',
    );
  return fine(subject, releaseText(release.value.manifest, nowMs));
}

const releaseText = (manifest: ReleaseManifest, nowMs: number): string =>
  `${manifest.version}, ${agoText(manifest.createdAtMs, nowMs)}, ${countText(manifest.itemCount)} items, ` +
  `index ${manifest.index.kind}, files intact`;
