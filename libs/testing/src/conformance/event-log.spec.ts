import { InMemoryEventLog } from '../fakes/in-memory-event-log';
import { describeEventLog } from './event-log';

describeEventLog('in memory', async () => {
  const log = new InMemoryEventLog();
  return { log, otherProcess: log, close: async () => {} };
});
