import { err, ok, stageError, type SwitchReader, type ThrownSwitch } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { Switches } from './switches';

const heavy: ThrownSwitch = { kind: 'component', name: 'heavy-ranker', sinceMs: 1, reason: 'slow' };

describe('switches', () => {
  it('follow the store, and hold what was known last while it is away', async () => {
    let reply: Awaited<ReturnType<SwitchReader['thrown']>> = ok([]);
    const changes: (readonly ThrownSwitch[])[] = [];
    const reader = { thrown: async () => reply };
    const switches = new Switches({ reader, onChange: (thrown) => changes.push(thrown) });
    await switches.read();
    expect(switches.isOff('component', 'heavy-ranker')).toBe(false);
    reply = ok([heavy]);
    await switches.read();
    reply = err(stageError('dependency', 'online-store', 'Redis: away'));
    await switches.read();
    expect(switches.isOff('component', 'heavy-ranker')).toBe(true);
    expect(switches.isOff('experiment', 'heavy-ranker')).toBe(false);
    reply = ok([]);
    await switches.read();
    expect(switches.isOff('component', 'heavy-ranker')).toBe(false);
    expect(changes).toEqual([[heavy], []]);
  });
});
