import t from 'tap';
import { createInfoParser } from '../../operators/source-info.js';

function parse(text: string) {
  const parser = createInfoParser();
  for (const line of text.split('\n')) parser.read(line);
  return parser;
}

t.test('what ffmpeg 5 prints of an MP4 is read in full', async (t) => {
  const parser = parse(`Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'dash, cam.mp4':
  Metadata:
    creation_time   : 2016-08-28T21:16:08.000000Z
  Duration: 00:01:08.84, start: 0.080000, bitrate: 2390 kb/s
  Chapters:
    Chapter #0:0: start 0.000000, end 4.000000
  Stream #0:0[0x1](eng): Audio: aac (LC) (mp4a / 0x6134706D), 48000 Hz, stereo, fltp, 2 kb/s (default)
  Stream #0:1[0x2](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p(tv, smpte170m/unknown/bt709, progressive), 960x540 [SAR 4:3 DAR 64:27], 2384 kb/s, 29.97 fps, 29.97 tbr, 30k tbn (default)
    Side data:
      displaymatrix: rotation of -90.00 degrees
Stream mapping:
  Stream #0:1 (h264) -> split:default
Output #0, nut, to 'pipe:1':
  Stream #0:0: Video: rawvideo (I420 / 0x30323449), yuv420p(tv, smpte170m/unknown/bt709, progressive), 540x960 [SAR 3:4 DAR 9:16], q=2-31, 30 fps, 1000k tbn`);
  t.same(parser.source(), {
    container: 'mov,mp4,m4a,3gp,3g2,mj2',
    durationSeconds: 68.84,
    startSeconds: 0.08,
    codec: 'h264',
    pixelFormat: 'yuv420p',
    colour: { range: 'tv', matrix: 'smpte170m', transfer: 'bt709' },
    width: 540,
    height: 960,
    pixelAspect: [3, 4],
    frameRate: 29.97,
    timeBase: 30_000,
    rotation: -90,
    frames: 2063,
    isInterlaced: false,
    videoTracks: 1,
    hasAudio: true,
    audioCodecs: ['aac'],
    otherStreams: [],
    hasChapters: true,
  });
  t.match(parser.output, { pixelFormat: 'yuv420p', colour: { range: 'tv' } });
});

t.test('a name may have a line feed in it', async (t) => {
  const parser = parse(`Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'new
line.mp4':
  Duration: 00:00:02.00, start: 0.000000, bitrate: 2390 kb/s
  Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p(tv, top first), 64x48, 25 fps, 25 tbr, 12800 tbn (default)
  Stream #0:1[0x2](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p(progressive), 640x480, 25 fps, 25 tbr, 12800 tbn
  Stream #0:2[0x0]: Video: mjpeg (Baseline), yuvj420p(pc), 160x90 (attached pic)
Stream mapping:`);
  t.match(parser.source(), { width: 64, durationSeconds: 2, isInterlaced: true, videoTracks: 2 });
});

t.test('older and newer ways to print the same are read too', async (t) => {
  const old = parse(`Input #0, matroska,webm, from 'a.mkv':
  Duration: N/A, start: 1.400000, bitrate: N/A
    Stream #0:0: Video: ffv1 (FFV1 / 0x31564646), gray(pc, progressive), 320x240, SAR 1:1 DAR 4:3, 25 fps, 25 tbr, 1k tbn, 1k tbc
    Metadata:
      rotate          : 270
    Side data:
      displaymatrix: rotation of 90.00 degrees
Stream mapping:`);
  t.match(old.source(), {
    codec: 'ffv1',
    pixelFormat: 'gray',
    colour: { range: 'pc' },
    width: 240,
    height: 320,
    timeBase: 1000,
  });
  t.equal(old.source()?.durationSeconds, undefined);
  t.equal(old.source()?.frames, undefined);
  const recent = parse(`Input #0, png_pipe, from 'a.png':
  Stream #0:0: Video: png, rgb24(pc, gbr/unknown/unknown), 320x240 [SAR 1:1 DAR 4:3], 25 fps, 25 tbr, 25 tbn
      Display Matrix: rotation of 180.00 degrees`);
  t.match(recent.source(), { pixelFormat: 'rgb24', colour: { range: 'pc', matrix: 'gbr' }, width: 320, rotation: 180 });
});

t.test('one word stands for matrix, primaries and transfer where they are alike', async (t) => {
  const parser = parse(`Input #0, mpegts, from 'a.ts':
  Stream #0:0[0x100]: Video: h264 (Main) ([27][0][0][0] / 0x001B), yuv420p(tv, bt709, top first), 1920x1080 [SAR 1:1 DAR 16:9], 25 fps, 25 tbr, 90k tbn`);
  t.same(parser.source()?.colour, { range: 'tv', matrix: 'bt709', primaries: 'bt709', transfer: 'bt709' });
});

t.test('cover pictures and later video streams are passed over', async (t) => {
  const parser = parse(`Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'a.m4a':
  Stream #0:0[0x0]: Video: mjpeg (Baseline), yuvj420p(pc, bt470bg/unknown/unknown), 600x600 [SAR 1:1 DAR 1:1], 90k tbr, 90k tbn (attached pic)
  Stream #0:1: Video: hevc (Main), yuv420p(tv), 640x480, 30 fps, 30 tbr, 15360 tbn (default)
  Stream #0:2: Video: h264 (Main), yuv420p(tv), 320x240, 10 fps, 10 tbr, 10240 tbn`);
  t.match(parser.source(), { codec: 'hevc', width: 640, frameRate: 30, timeBase: 15_360 });
});

t.test('a clock is no frame rate', async (t) => {
  const parser = parse(`Input #0, rtsp, from 'rtsp://camera/live':
  Stream #0:0: Video: mjpeg (Baseline), yuvj420p(pc, bt470bg/unknown/unknown), 160x120 [SAR 1:1 DAR 4:3], 90k tbr, 90k tbn`);
  t.equal(parser.source()?.frameRate, undefined);
  t.equal(parser.source()?.timeBase, 90_000);
});

t.test('an input without video gives nothing, and is seen', async (t) => {
  const parser = parse(`Input #0, mp3, from 'a.mp3':
  Duration: 00:00:02.00, start: 0.000000, bitrate: 64 kb/s
  Stream #0:0: Audio: mp3, 48000 Hz, mono, fltp, 64 kb/s
Stream mapping:`);
  t.equal(parser.source(), undefined);
  t.equal(parser.sawInput, true);
  t.equal(createInfoParser().sawInput, false);
});
