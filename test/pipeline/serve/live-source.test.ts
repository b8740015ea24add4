import t from 'tap';
import type { FfmpegTool } from '../../../operators/find-ffmpeg.js';
import { checkInput } from '../../../operators/input-failure.js';
import {
  checkCameraFormat,
  ffmpegInput,
  ffmpegOptions,
  parseSources,
  type SourceOptions,
} from '../../../pipeline/serve/live-source.js';
import { SERVE_DEFAULTS } from '../../../pipeline/serve/serve-options.js';

const tool: FfmpegTool = { path: 'ffmpeg', version: '5.1', codecVersion: [59, 37], origin: 'path' };

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

t.test('each kind has its options', async (t) => {
  const options = (spec: string, more: Partial<SourceOptions> = {}, by = tool) =>
    ffmpegOptions(parseSources([spec], {}, 'linux')[0]!, by, { ...SERVE_DEFAULTS, ...more }).join(' ');
  t.match(options('rtsp://a/b'), /-rtsp_transport tcp -timeout 9500000 .*-flags low_delay/);
  t.match(options('rtsps://a/b', { transport: 'udp' }), /-rtsp_transport udp/);
  t.match(options('rtsp://a/b', {}, { ...tool, codecVersion: [58, 18] }), /-stimeout 9500000/);
  t.match(options('http://a/b.mjpg'), /-rw_timeout 9500000/);
  t.match(options('https://a/b.m3u8?x'), /-live_start_index -2/);
  t.match(options('rtmp://a/b'), /-rw_timeout/);
  t.equal(options('a.mp4'), '');
  t.equal(options('a.mp4', { loop: true }), '-stream_loop -1');
  t.match(options('rtsp://a/b', { decode: 'keyframes' }), /-skip_frame nokey$/);
});

t.test('USB cameras are opened by the format of their system, and never taken for files', async (t) => {
  const camera = async (
    spec: string,
    platform: NodeJS.Platform,
    more: Partial<SourceOptions> = {},
  ): Promise<string> => {
    const [source] = parseSources([spec], {}, platform);
    const inputOptions = ffmpegOptions(source!, tool, { ...SERVE_DEFAULTS, ...more });
    const input = ffmpegInput(source!);
    if (platform !== 'linux') await checkInput(input, inputOptions);
    return `${source!.name}: ${inputOptions.join(' ')} -i ${input}`;
  };
  const size = { cameraSize: '1280x720' };
  t.equal(
    await camera('/dev/video0', 'linux', { ...size, cameraFps: 15 }),
    'video0: -f v4l2 -framerate 15 -video_size 1280x720 -fflags nobuffer -flags low_delay -i /dev/video0',
  );
  t.equal(
    await camera('v4l2:/dev/video9', 'linux'),
    'video9: -f v4l2 -fflags nobuffer -flags low_delay -i /dev/video9',
  );
  t.equal(
    await camera('front=avfoundation:0', 'darwin', size),
    'front: -f avfoundation -framerate 30 -video_size 1280x720 -fflags nobuffer -flags low_delay -i 0',
  );
  t.equal(
    await camera('dshow:video=USB Camera', 'win32'),
    'USB Camera: -f dshow -rtbufsize 64M -fflags nobuffer -flags low_delay -i video=USB Camera',
  );
  const mjpeg = { ...size, cameraFormat: 'mjpeg' };
  t.match(await camera('/dev/video0', 'linux', mjpeg), '-f v4l2 -input_format mjpeg -video_size 1280x720');
  t.match(await camera('/dev/video0', 'linux', { cameraFormat: 'yuyv422' }), '-f v4l2 -input_format yuyv422');
  t.match(await camera('dshow:video=USB Camera', 'win32', mjpeg), '-f dshow -vcodec mjpeg');
  t.match(await camera('dshow:video=USB Camera', 'win32', { cameraFormat: 'nv12' }), '-f dshow -pixel_format nv12');
  t.match(await camera('avfoundation:0', 'darwin', { cameraFormat: 'nv12' }), '-f avfoundation -pixel_format nv12');
  const mac = parseSources(['avfoundation:0', 'a.mp4'], {}, 'darwin');
  t.throws(() => checkCameraFormat(mac, 'mjpeg', '--camera-format'), {
    code: 'OPTION_INVALID',
    message: /--camera-format .*uyvy422, got `?mjpeg/,
  });
  checkCameraFormat(mac, 'nv12', '--camera-format');
  checkCameraFormat(mac.slice(1), 'mjpeg', '--camera-format');
  t.throws(() => parseSources(['avfoundation:0'], {}, 'linux'), { code: 'OPTION_INVALID', message: /\/dev\/video0$/ });
  t.throws(() => parseSources(['/dev/video0'], {}, 'win32'), { message: /dshow:video=NAME$/ });
  await t.rejects(checkInput('/dev/video-none', ['-f', 'v4l2']), { code: 'INPUT_MISSING' });
});
