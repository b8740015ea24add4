import t from 'tap';
import { checkInput } from '../../../operators/check-input.js';
import type { FfmpegTool } from '../../../operators/find-ffmpeg.js';
import { checkCameraFormat } from '../../../pipeline/serve/camera-device.js';
import { parseSources } from '../../../pipeline/serve/live-source.js';
import { SERVE_DEFAULTS } from '../../../pipeline/serve/serve-options.js';
import { ffmpegInput, ffmpegOptions, type SourceOptions } from '../../../pipeline/serve/source-input.js';

const tool: FfmpegTool = { path: 'ffmpeg', version: '5.1', codecVersion: [59, 37], origin: 'path' };

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
