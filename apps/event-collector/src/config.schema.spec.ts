import { describe, expect, it } from 'vitest';
import { ConfigError, readEnvironment } from '@winnow/platform';
import { eventCollectorSettings } from './config.schema';

describe('the event collector’s settings', () => {
  it('default to every role', () => {
    expect(readEnvironment(eventCollectorSettings, {})).toMatchObject({
      roles: ['api', 'online-state', 'archive'],
      archiveLingerMs: 5_000,
      archiveBatchMax: 10_000,
      archiveLagMaxMs: 21_600_000,
      claimIdleMs: 15_000,
    });
  });

  it('take roles as a list, each once', () => {
    const { roles } = readEnvironment(eventCollectorSettings, { WINNOW_ROLES: 'archive, api,archive' });
    expect(roles).toEqual(['archive', 'api']);
  });

  it('name every violation', () => {
    const read = (): unknown =>
      readEnvironment(eventCollectorSettings, {
        WINNOW_ROLES: 'archive,king',
        WINNOW_ARCHIVE_LINGER_MS: '99999',
        WINNOW_LISTEN_ADDRESS: 'nowhere',
      });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(/WINNOW_LISTEN_ADDRESS[\s\S]*WINNOW_ROLES[\s\S]*WINNOW_ARCHIVE_LINGER_MS/);
  });
});
