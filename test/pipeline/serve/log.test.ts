import t from 'tap';
import { createLog } from '../../../pipeline/serve/log.js';
import { createScrubber, passwordsOf } from '../../../pipeline/serve/scrub.js';

const SECRETS = ['s3cret/pw', 'correct-horse-battery-staple'];

t.test('no secret passes, however it is written', async (t) => {
  const scrub = createScrubber(SECRETS);
  for (const text of [
    'rtsp://me:s3cret%2Fpw@camera/live',
    'the password s3cret/pw was refused',
    'http://host/?token=correct-horse-battery-staple&x=1',
    'Bearer correct-horse-battery-staple',
    'http://other:unknown@host',
  ]) {
    t.notMatch(scrub(text), /s3cret|horse|unknown/, text);
  }
  t.equal(scrub('nothing to hide'), 'nothing to hide');
  t.equal(createScrubber(['a', ''])('a cat'), 'a cat', 'too short to be told from words');
});

t.test('passwords of URLs, as written and as meant', async (t) => {
  t.same(passwordsOf('rtsp://me:p%40ss@host/x'), ['p%40ss', 'p@ss']);
  t.same(passwordsOf('rtsp://me:p%ss@host/x'), ['p%ss']);
  t.same(passwordsOf('rtsp://me:a/b@host/x'), ['a/b']);
  t.same(passwordsOf('rtsp://me:pa ss@host/x'), ['pa ss']);
  t.same(passwordsOf('rtsp://me:p@ss@host/x'), ['p', 'p@ss']);
  t.same(passwordsOf('rtsp://host:554/x@y'), ['554/x'], 'better one too many');
  t.same(passwordsOf('rtsp://host/x'), []);
});

t.test('a secret that is an ordinary word leaves lines as they are made', async (t) => {
  const lines: string[] = [];
  const scrub = createScrubber(['info', '2026', 'longpass1']);
  const log = createLog({ level: 'info', format: 'json', scrub, write: (line) => lines.push(line) });
  const sources = ['front=rtsp://v:longpass1@127.0.0.1/x', 'rear=rtsp://v:longpass2@127.0.0.1/y'];
  log.info({ sources, url: 'http://127.0.0.1:8080' }, 'listening');
  t.match(JSON.parse(lines.join('')), {
    level: 'info',
    time: /^\d{4}-/,
    sources: ['front=rtsp://***@127.0.0.1/x', 'rear=rtsp://***@127.0.0.1/y'],
    url: 'http://127.0.0.1:8080',
  });
});

for (const format of ['text', 'json'] as const) {
  t.test(`the log as ${format} has no secrets, in messages, fields or errors`, async (t) => {
    const lines: string[] = [];
    const log = createLog({ level: 'info', format, scrub: createScrubber(SECRETS), write: (line) => lines.push(line) });
    log.info(
      { url: 'rtsp://me:s3cret%2Fpw@camera', token: 'abc', nested: { password: 'def' } },
      'connecting to s3cret/pw',
    );
    log.error({ err: new Error('s3cret/pw') }, 'failed');
    log.child({ stream: 'front' }).warn('stalled');
    log.debug('not at this level');
    const text = lines.join('');
    t.equal(lines.length, 3);
    t.notMatch(text, /s3cret|abc|def/);
    t.match(text, /front/);
    if (format === 'json')
      for (const line of lines) t.match(JSON.parse(line), { level: String, time: String, msg: String });
    else t.match(lines[2], /^\d\d:\d\d:\d\d warn {2}front: stalled\n$/);
  });
}

t.test('what comes from outside makes no line of its own and no command for the terminal', async (t) => {
  const lines: string[] = [];
  const log = createLog({
    level: 'info',
    format: 'text',
    scrub: createScrubber([]),
    write: (line) => lines.push(line),
  });
  log.child({ stream: 'a\u001b[31m' }).info({ file: 'b\n12:00:00 info  forged' }, 'recorded');
  t.match(lines, [/^\d\d:\d\d:\d\d info {2}a\\x1b\[31m: recorded \(file: b\\n12:00:00 info {2}forged\)\n$/]);
});
