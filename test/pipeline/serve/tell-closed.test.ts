import { TestScheduler } from 'rxjs/testing';
import t from 'tap';
import { tellClosed } from '../../../pipeline/serve/tell-closed.js';

t.test('tells the first of an address and code at once, and a minute later how many more there were', async (t) => {
  const scheduler = new TestScheduler((actual, expected) => t.same(actual, expected));
  const a = { address: '192.0.2.1', code: 4401, reason: 'A valid token is needed' };
  const b = { ...a, address: '192.0.2.2' };
  const c = { ...a, code: 4429 };
  scheduler.run(({ hot, expectObservable }) => {
    const clients = hot('a 999ms a 999ms b 999ms c 999ms a 56999ms a 8999ms |', { a, b, c });
    const told = 'a 1999ms b 999ms c 56999ms m 999ms a 8999ms |';
    expectObservable(clients.pipe(tellClosed())).toBe(told, { a, b, c, m: { ...a, more: 2 } });
  });
});
