import type { Observable } from 'rxjs';
import { connect } from '../client/connect.js';
import type { LiveEvent, Want } from '../client/live-event.js';
import { CloseCode } from '../client/protocol.js';
import { element } from './element.js';
import { signIn } from './sign-in.js';

/** Why nothing comes. */
export interface Offline {
  readonly reason: string;
  /** When it is tried again, ms since 1970 by this page's clock; undefined where that waits for a person. */
  readonly retryAt: number | undefined;
}

/** What is watched, and who hears of it. */
export interface WatchOptions {
  readonly want: Observable<readonly Want[]>;
  readonly onEvent: (event: LiveEvent) => void;
  /** Hears what a connection waits for; later ones are told of by events. */
  readonly onOffline: (offline: Offline) => void;
}

/** Watches the server of this page until the session ends, and signs in again then. */
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
    // Refused: a token is asked for at once; another setting of the server takes a while.
    error: ({ code }) => setTimeout(() => void watch(options), code === CloseCode.unauthorised ? 500 : 5000),
  });
}

/** Why a connection was closed; where what was shown is over, and nothing is tried again, in the server's own words. */
export function describeClose({ code, reason, retryAt }: Extract<LiveEvent, { type: 'closed' }>): Offline {
  const wasShutDown = code === CloseCode.shutdown && retryAt !== undefined;
  return { reason: wasShutDown ? 'The server was shut down' : reason || 'The connection is lost', retryAt };
}
