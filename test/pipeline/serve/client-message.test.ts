import t from 'tap';
import { readClientMessage } from '../../../pipeline/serve/client-message.js';

t.test('reads each message, and leaves out what it does not know', async (t) => {
  t.same(readClientMessage('{"type":"subscribe","stream":0,"parts":["stats","source","source"],"more":1}'), {
    type: 'subscribe',
    stream: 0,
    parts: ['source', 'stats'],
  });
  t.same(readClientMessage('{"type":"subscribe","stream":1,"parts":["mask"],"maxFps":0.5,"window":4}'), {
    type: 'subscribe',
    stream: 1,
    parts: ['mask'],
    maxFps: 0.5,
    window: 4,
  });
  t.same(readClientMessage('{"type":"unsubscribe","stream":1}'), { type: 'unsubscribe', stream: 1 });
  t.same(readClientMessage('{"type":"ack","stream":1,"seq":9}'), { type: 'ack', stream: 1, seq: 9 });
  t.same(readClientMessage('{"type":"time","id":5}'), { type: 'time', id: 5 });
});

const wrong: readonly (readonly [string, RegExp])[] = [
  ['', /Expected JSON/],
  ['{', /Expected JSON/],
  ['[]', /JSON object, got an array/],
  ['null', /JSON object, got null/],
  ['"subscribe"', /JSON object, got "subscribe"/],
  ['{}', /Expected type to be .*, got undefined/],
  ['{"type":"hello"}', /Expected type to be .*, got "hello"/],
  ['{"type":"__proto__"}', /Expected type/],
  ['{"type":"subscribe","stream":"0","parts":["mask"]}', /stream to be an integer, got "0"/],
  ['{"type":"subscribe","stream":-1,"parts":["mask"]}', /stream to be a number from 0 to 65535, got -1/],
  ['{"type":"subscribe","stream":1e99,"parts":["mask"]}', /stream to be a number from 0 to 65535/],
  [
    '{"type":"subscribe","stream":0}',
    /parts to be one or more of source, mask, overlay, picture, stats, got undefined/,
  ],
  ['{"type":"subscribe","stream":0,"parts":[]}', /parts/],
  ['{"type":"subscribe","stream":0,"parts":["video"]}', /parts/],
  ['{"type":"subscribe","stream":0,"parts":["mask"],"maxFps":0}', /maxFps to be a number from 0.1 to 240, got 0/],
  ['{"type":"subscribe","stream":0,"parts":["mask"],"maxFps":"10"}', /maxFps/],
  ['{"type":"subscribe","stream":0,"parts":["mask"],"window":1.5}', /window to be an integer, got 1.5/],
  ['{"type":"subscribe","stream":0,"parts":["mask"],"window":65}', /window/],
  ['{"type":"ack","stream":0,"seq":{}}', /seq to be an integer, got an object/],
  ['{"type":"ack","stream":0}', /seq/],
  ['{"type":"time"}', /id/],
];

for (const [text, message] of wrong) {
  t.test(`refuses ${text || 'nothing'}`, async (t) => {
    t.throws(() => readClientMessage(text), { code: 'MESSAGE_INVALID', message });
  });
}

t.test('a reason stays short whatever was sent', async (t) => {
  try {
    readClientMessage(JSON.stringify({ type: 'x'.repeat(10_000) }));
    t.fail('was accepted');
  } catch (error) {
    t.ok((error as Error).message.length <= 123);
  }
});
