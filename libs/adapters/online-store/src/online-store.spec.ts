import { inject } from 'vitest';
import { randomUUID } from 'node:crypto';
import {
  describeCatalog,
  describeEventStream,
  describeOnlineStore,
  SAMPLE_EVENT_TYPES,
} from '@winnow/testing';
import { createOnlineStore, type OnlineStore } from './index';

const make = async (): Promise<OnlineStore> =>
  createOnlineStore({
    url: inject('redisUrl'),
    description: { namespace: `spec-${randomUUID()}`, events: SAMPLE_EVENT_TYPES },
    readTimeoutMs: 2_000,
  });

describeOnlineStore('Redis', make);
describeEventStream('Redis', make);
describeCatalog('Redis', make);
