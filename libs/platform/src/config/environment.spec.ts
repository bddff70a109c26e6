import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { commonSettings, readEnvironment, stageAddressSettings } from './environment';

const settings = { ...commonSettings('orchestrator'), ...stageAddressSettings };

describe('the environment of a process', () => {
  it('may be empty', () => {
    expect(readEnvironment(settings, {})).toEqual({
      home: '.winnow',
      configPath: 'winnow.yaml',
      redisUrl: 'redis://127.0.0.1:6379',
      listenAddress: '127.0.0.1:7700',
      metricsAddress: '127.0.0.1:7701',
      logLevel: 'info',
      otlpEndpoint: undefined,
      nodeEnv: 'development',
      candidateGenerationAddress: '127.0.0.1:7710',
      lightRankerAddress: '127.0.0.1:7720',
      heavyRankerAddress: '127.0.0.1:7730',
    });
  });

  it('is read by the names of its variables, an empty one counting as unset', () => {
    const values = readEnvironment(settings, {
      WINNOW_LISTEN_ADDRESS: '0.0.0.0:0',
      WINNOW_LIGHT_RANKER_ADDRESS: 'light-ranker:7720',
      WINNOW_HOME: '',
    });
    expect(values.listenAddress).toBe('0.0.0.0:0');
    expect(values.lightRankerAddress).toBe('light-ranker:7720');
    expect(values.home).toBe('.winnow');
  });

  it('is refused with every violation at once', () => {
    expect(() =>
      readEnvironment(settings, {
        WINNOW_LISTEN_ADDRESS: '7700',
        WINNOW_METRICS_ADDRESS: 'localhost:70000',
        WINNOW_LOG_LEVEL: 'loud',
        REDIS_URL: 'http://localhost',
        OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318',
      }),
    ).toThrow(
      /^environment has 5 violations:\n(?=.*WINNOW_LISTEN_ADDRESS: must be host:port)(?=.*at most 65535)(?=.*LOG_LEVEL)(?=.*REDIS_URL: must be)(?=.*OTEL_EXPORTER_OTLP_ENDPOINT)/s,
    );
  });

  it('is refused when a variable of Winnow is one slip away from a setting', () => {
    expect(() =>
      readEnvironment(settings, { WINNOW_LISTN_ADDRESS: 'a:1', WINNOW_DATA_DIR: '/data' }),
    ).toThrow(
      /^environment has 1 violation:\n {2}WINNOW_LISTN_ADDRESS: is not a setting: did you mean WINNOW_LISTEN_ADDRESS\?$/,
    );
  });

  it('is refused without a variable that has no default', () => {
    const required = { token: { variable: 'WINNOW_TOKEN', schema: z.string() } };
    expect(() => readEnvironment(required, {})).toThrow(/WINNOW_TOKEN: is required/);
  });
});
