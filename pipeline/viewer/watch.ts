import type { Observable } from 'rxjs';
import { connect } from '../client/connect.js';
import type { LiveEvent, Want } from '../client/live-event.js';
import { CloseCode } from '../client/protocol.js';
import { element } from './element.js';
import { signIn } from './sign-in.js';

/** Why no frames arrive. */
export interface Offline {
  readonly reason: string;
  /** When the next attempt is due, ms since 1970 by this page's clock; undefined if it waits for the user. */
  readonly retryAt: number | undefined;
}

/** What to watch, and callbacks. */
export interface WatchOptions {
  readonly want: Observable<readonly Want[]>;
  readonly onEvent: (event: LiveEvent) => void;
  /** Called with the reason for which the connection waits; later reasons are events. */
  readonly onOffline: (offline: Offline) => void;
}

/** Watches this page's server until the session ends, then signs in again. */
export async function watch(options: WatchOptions): Promise<void> {
  const { want, onEvent, onOffline } = options;
  try {
    await signIn(element<HTMLDialogElement>('login'), () =>
      onOffline({ reason: 'The server asks for a token', retryAt: undefined }),
    );
  } catch {
    onOffline({ reason: 'The server does not answer', retryAt: Date.now() + 3000 });
    setTimeout(() => void watch(options), 3000);
    return;
  }
  connect(location.origin, { want, acknowledge: 'manual' }).subscribe({
    next: onEvent,
    // After a refusal the user is asked for a token at once; other refusals depend on the server's settings, so the retry is slower.
    error: ({ code }) => setTimeout(() => void watch(options), code === CloseCode.unauthorised ? 500 : 5000),
  });
}

/** Describes why a connection was closed. If the stream is over and there is no retry, the server's own reason is used. */
export function describeClose({ code, reason, retryAt }: Extract<LiveEvent, { type: 'closed' }>): Offline {
  const wasShutDown = code === CloseCode.shutdown && retryAt !== undefined;
  return { reason: wasShutDown ? 'The server was shut down' : reason || 'The connection is lost', retryAt };
}
