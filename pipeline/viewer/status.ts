import type { StreamInfo } from '../client/protocol.js';

/** The status of what the page shows. */
export interface Status {
  readonly kind: 'connecting' | 'live' | 'stale' | 'offline' | 'paused';
  readonly word: string;
  /** `84 ms`, `12 s`; empty if nothing was drawn. */
  readonly age: string;
  /** What is wrong and what happens next; undefined if nothing is wrong. */
  readonly notice: string | undefined;
  /** The text for screen readers, without ages and countdowns, which would change too often. */
  readonly said: string;
}

/** The facts from which the status is derived. */
export interface StatusFacts {
  /** This page's clock, ms. */
  readonly now: number;
  /** The server's clock, ms. */
  readonly serverNow: number;
  /** Undefined while connected. */
  readonly offline: { readonly reason: string; readonly retryAt: number | undefined } | undefined;
  readonly stream: StreamInfo | undefined;
  /** The name of a stream in the URL that the server does not have. */
  readonly missing: string | undefined;
  /** Age of the drawn frame, ms; undefined before the first. */
  readonly ageMs: number | undefined;
  readonly paused: boolean;
}

const WAITING = 'Waiting for the first frame';

/** A frame older than this is not live. */
const STALE_MS = 2000;

/** Describes how current the picture is. Nothing old is ever called live. */
export function describeStatus({ now, serverNow, offline, stream, missing, ageMs, paused }: StatusFacts): Status {
  const age = ageMs === undefined ? '' : describeAge(ageMs);
  if (offline) {
    const next = offline.retryAt === undefined ? '' : ` Trying again ${inSeconds(offline.retryAt - now)}.`;
    const reason = `${offline.reason}.`;
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
    // Otherwise another camera's picture would appear under the requested name.
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

/** The tab's title: the stream and the state of its source. It has no age, since a hidden tab gets no frames. */
export function describeTitle({ offline, stream, paused }: StatusFacts): string {
  if (!stream) return 'segnet-stream';
  const state = offline ? 'offline' : paused ? 'paused' : stream.state;
  return `${stream.name}${state === 'live' ? '' : ` (${state})`} – segnet-stream`;
}

function describeSource({ name, file, state, error }: StreamInfo): string {
  if (state === 'ended') return `${name} is over`;
  const what = error ?? { connecting: 'connecting', stalled: 'no frames' }[state as string] ?? state;
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
