import t from 'tap';
import type { FfmpegTool } from '../../../operators/find-ffmpeg.js';
import { parseSources } from '../../../pipeline/serve/live-source.js';
import { SERVE_DEFAULTS } from '../../../pipeline/serve/serve-options.js';
import { ffmpegOptions, type SourceOptions } from '../../../pipeline/serve/source-input.js';

const tool: FfmpegTool = { path: 'ffmpeg', version: '5.1', codecVersion: [59, 37], origin: 'path' };

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
