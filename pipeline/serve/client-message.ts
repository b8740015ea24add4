import { Failure } from '../../model/failure.js';
import { type ClientMessage, PARTS, type Part } from '../client/protocol.js';

/**
 * Parses a client's message.
 *
 * @throws `Failure` `MESSAGE_INVALID`, naming the field, what was expected and what was got, short enough for a close reason.
 */
export function readClientMessage(text: string): ClientMessage {
  const message = parseObject(text);
  switch (message.type) {
    case 'subscribe':
      return {
        type: 'subscribe',
        stream: integer(message, 'stream', 0, 0xffff),
        parts: parts(message),
        ...(message.maxFps == null ? {} : { maxFps: number(message, 'maxFps', 0.1, 240) }),
        ...(message.window == null ? {} : { window: integer(message, 'window', 1, 64) }),
      };
    case 'unsubscribe':
      return { type: 'unsubscribe', stream: integer(message, 'stream', 0, 0xffff) };
    case 'ack':
      return {
        type: 'ack',
        stream: integer(message, 'stream', 0, 0xffff),
        seq: integer(message, 'seq', 0, 0xffffffff),
      };
    case 'time':
      return { type: 'time', id: integer(message, 'id', 0, Number.MAX_SAFE_INTEGER) };
    default:
      throw invalid('type', 'subscribe, unsubscribe, ack or time', message.type);
  }
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Failure('MESSAGE_INVALID', 'Expected JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Failure('MESSAGE_INVALID', `Expected a JSON object, got ${describe(value)}`);
  }
  return value as Record<string, unknown>;
}

function parts(message: Record<string, unknown>): Part[] {
  const value = message.parts;
  if (!Array.isArray(value) || value.length === 0 || !value.every((part) => PARTS.includes(part))) {
    const wrong = Array.isArray(value) ? value.find((part) => !PARTS.includes(part)) : undefined;
    throw invalid('parts', `one or more of ${PARTS.join(', ')}`, wrong ?? value);
  }
  return PARTS.filter((part) => value.includes(part));
}

function number(message: Record<string, unknown>, field: string, least: number, most: number): number {
  const value = message[field];
  if (typeof value !== 'number' || !(value >= least && value <= most)) {
    throw invalid(field, `a number from ${least} to ${most}`, value);
  }
  return value;
}

function integer(message: Record<string, unknown>, field: string, least: number, most: number): number {
  const value = message[field];
  if (!Number.isInteger(value)) throw invalid(field, 'an integer', value);
  return number(message, field, least, most);
}

function invalid(field: string, expected: string, got: unknown): Failure {
  return new Failure('MESSAGE_INVALID', `Expected ${field} to be ${expected}, got ${describe(got)}`);
}

/** Describes a value in few bytes, since a close reason holds only 123. */
function describe(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 20 ? `${text.slice(0, 17)}...` : text;
}
