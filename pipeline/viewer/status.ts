import type { StreamInfo } from '../client/protocol.js';

/** What the page says of what it shows. */
export interface Status {
  readonly kind: 'connecting' | 'live' | 'stale' | 'offline' | 'paused';
  readonly word: string;
  /** `84 ms`, `12 s`; empty where nothing was drawn. */
  readonly age: string;
  /** What is wrong and what happens next; undefined where nothing is. */
  readonly notice: string | undefined;
  /** What a screen reader is to say of it, when it changes: without ages and countdowns. */
  readonly said: string;
}

/** What the status line is made of. */
export interface StatusFacts {
  /** This page's clock, ms. */
  readonly now: number;
  /** The server's, ms. */
  readonly serverNow: number;
  /** Undefined while connected. */
  readonly offline: { readonly reason: string; readonly retryAt: number | undefined } | undefined;
  readonly stream: StreamInfo | undefined;
  /** The name of a stream that the address asks for and the server does not have. */
  readonly missing: string | undefined;
  /** Age of what is drawn, ms; undefined before the first frame. */
  readonly ageMs: number | undefined;
  readonly paused: boolean;
}

const WAITING = 'Waiting for the first frame';

/** Older than this is not live. */
const STALE_MS = 2000;

/** Says how what is shown relates to what is: nothing old is ever called live. */
export function describeStatus({ now, serverNow, offline, stream, missing, ageMs, paused }: StatusFacts): Status {
  const age = ageMs === undefined ? '' : describeAge(ageMs);
  if (offline) {
    const next = offline.retryAt === undefined ? '' : ` Trying again ${inSeconds(offline.retryAt - now)}.`;
    const reason = `${offline.reason.replace(/\.$/, '')}.`;
    return { kind: 'offline', word: 'OFFLINE', age, notice: `${reason}${next}`, said: `Offline. ${reason}` };
  }
  if (paused) return { kind: 'paused', word: 'PAUSED', age, notice: undefined, said: 'Paused' };
  if (stream && stream.state !== 'live' && !(stream.state === 'connecting' && stream.epoch === 0)) {
    const isEnded = stream.state === 'ended';
    const reason = describeSource(stream);
    const again = stream.state === 'connecting' && stream.error !== undefined ? ' Trying again.' : '';
    const next = stream.retryAt === undefined ? again : ` Next attempt ${inSeconds(stream.retryAt - serverNow)}.`;
    const word = isEnded ? 'ENDED' : ageMs === undefined ? 'NO SIGNAL' : 'STALE';
    return { kind: 'stale', word, age, notice: `${reason}${next}`, said: reason };
  }
  if (stream && missing !== undefined) {
    // Another camera's picture under the name that was asked for would be believed.
    const notice = `There is no stream called ${missing}. This is ${stream.name}.`;
    return { ...describeAged(ageMs, age), notice, said: notice };
  }
  return describeAged(ageMs, age);
}

function describeAged(ageMs: number | undefined, age: string): Status {
  if (ageMs === undefined) return { kind: 'connecting', word: 'CONNECTING', age, notice: WAITING, said: WAITING };
  if (ageMs > STALE_MS) return { kind: 'stale', word: 'STALE', age, notice: undefined, said: 'Stale' };
  return { kind: 'live', word: 'LIVE', age, notice: undefined, said: 'Live' };
}

/** What the tab is called: the stream, and how its source does. A hidden tab asks for no frames: their age is not in it. */
export function describeTitle({ offline, stream, paused }: StatusFacts): string {
  if (!stream) return 'segnet-stream';
  const state = offline ? 'offline' : paused ? 'paused' : stream.state;
  return `${stream.name}${state === 'live' ? '' : ` (${state})`} – segnet-stream`;
}

function describeSource({ name, file, state, error }: StreamInfo): string {
  if (state === 'ended') return `${name} is over`;
  const what =
    error?.replace(/\.$/, '') ?? { connecting: 'connecting', stalled: 'no frames' }[state as string] ?? state;
  return `${file ?? name}: ${what}.`;
}

function describeAge(ms: number): string {
  if (ms < 1000) return `${Math.max(Math.round(ms), 0)} ms`;
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

function inSeconds(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds <= 0 ? 'now' : `in ${seconds} s`;
}
