import t from 'tap';
import { parseSources } from '../../../pipeline/serve/live-source.js';

t.test('names are given, or made of the source, and never equal', async (t) => {
  const names = (...specs: string[]) => parseSources(specs, {}).map(({ name }) => name);
  t.same(names('front=rtsp://camera/live', 'clips/road.mp4', 'road.mp4', '/dev/video0'), [
    'front',
    'road',
    'road-2',
    'video0',
  ]);
  t.same(names('rtsp://user:pw@cam.local/streams/main.sdp?x=1'), ['cam.local-main']);
  t.same(names('http://host/a=b.m3u8'), ['host'], 'what may be parameters, a password among them, makes no name');
  t.same(names('rtsp://h/user=u&password=S3cret&stream=0.sdp', 'rtsp://h/user=u&password=S3cret'), ['h', 'h-2']);
  t.same(names('rtsp://10.0.0.5/live/100%', 'front cam = rtsp://h/x'), ['10.0.0.5-100%', 'front cam']);
  for (const spec of ['garage(left)=rtsp://u:hunter22@h/x', 'my/cam=rtsp://u:hunter22@h/x']) {
    t.throws(() => names(spec), { code: 'OPTION_INVALID', message: /^(?!.*hunter22).*at most 64 letters/ });
  }
  t.same(names('front.mp4', 'front=rtsp://h/x'), ['front-2', 'front'], 'a given name is never taken by a derived one');
  t.throws(() => names('a=x.mp4', 'a=y.mp4'), { code: 'OPTION_INVALID', message: /a twice/ });
  t.throws(() => names('a='), { code: 'OPTION_INVALID' });
});

/** As people write it: the variable's name. */
const PASSWORD = '$'.concat('{CAM_PW}');

t.test('secrets come from the environment and are not shown', async (t) => {
  const [source] = parseSources([`front=rtsp://me:${PASSWORD}@camera/live?token=abc`], { CAM_PW: 'p%40ss' });
  t.equal(source!.input, 'rtsp://me:p%2540ss@camera/live?token=abc', 'a value is taken literally');
  t.equal(source!.shown, 'rtsp://***@camera/live?token=***');
  for (const [password, url] of [
    ['pa ss wordy', 'rtsp://me:pa%20ss%20wordy@camera/live'],
    ['12/secretword', 'rtsp://me:12%2Fsecretword@camera/live'],
    ['p@ss#word9?', 'rtsp://me:p%40ss%23word9%3F@camera/live'],
    ['50%off', 'rtsp://me:50%25off@camera/live'],
    ['a%41b', 'rtsp://me:a%2541b@camera/live'],
  ] as const) {
    const [escaped] = parseSources([`rtsp://me:${PASSWORD}@camera/live`], { CAM_PW: password });
    t.match(escaped, { input: url, shown: 'rtsp://***@camera/live', name: 'camera-live' });
  }
  for (const [spec, value, url] of [
    [
      `rtsp://127.0.0.1/s?user=admin&password=${PASSWORD}`,
      'abc&def#+',
      'rtsp://127.0.0.1/s?user=admin&password=abc%26def%23%2B',
    ],
    [`rtsp://${PASSWORD}@camera/s`, 'me:p@ss', 'rtsp://me:p%40ss@camera/s'],
    [`http://host/${PASSWORD}/x@2.m3u8`, 'a/b', 'http://host/a/b/x@2.m3u8'],
    [`rtmp://me:${PASSWORD}@host/app`, 'a@b', 'rtmp://me:a@b@host/app'],
  ] as const) {
    const [filled] = parseSources([spec], { CAM_PW: value });
    t.equal(filled!.input, url);
    t.ok(filled!.secrets.includes(value));
  }
  t.match(parseSources(['$'.concat('{CAMERA}')], { CAMERA: 'rtsp://me:p%40ss@camera/live' }), [
    { input: 'rtsp://me:p%40ss@camera/live', name: 'camera-live' },
  ]);
  t.match(parseSources(['rtsp://me:pa ss@camera/live']), [{ shown: 'rtsp://***@camera/live' }]);
  t.notMatch(parseSources(['rtsp://me:12/secretword@127.0.0.1:9398'])[0]!.name, /secret/);
  t.throws(() => parseSources([`rtsp://me:${PASSWORD}@camera`], {}), {
    code: 'OPTION_INVALID',
    message: /CAM_PW, which is not set/,
  });
});

t.test('a password that ends the host is told of, and not shown', async (t) => {
  for (const password of ['pa/ssword', 'pa#ssword', 'pa?ssword']) {
    for (const scheme of ['rtsp', 'https']) {
      t.throws(() => parseSources([`${scheme}://me:${password}@camera/live`], {}), {
        code: 'OPTION_INVALID',
        message: /^(?!.*ssword@).*\*\*\*@camera\/live .*put it into \$\{VARIABLE\} or percent-encode it/,
      });
    }
  }
  t.throws(() => parseSources(['rtsp://camera:port/live'], {}), { message: /to be a number$/ });
  for (const fine of ['rtsp://me:p@ss@camera/live', 'rtsp://[fe80::1%eth0]:554/live', 'http://camera:80/x@2.m3u8']) {
    t.equal(parseSources([fine], {})[0]!.input, fine);
  }
  t.equal(
    parseSources(['rtsp://me:a%41b@camera/live'], {})[0]!.input,
    'rtsp://me:a%41b@camera/live',
    'of the URL itself',
  );
});
