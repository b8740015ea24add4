import t from 'tap';
import { redact } from '../../operators/redact.js';

t.test('user names and passwords of URLs are taken out, wherever they stand in a text', async (t) => {
  t.equal(redact('rtsp://user:secret@camera/stream'), 'rtsp://***@camera/stream');
  t.equal(
    redact("Error opening input 'rtsp://admin:p%40ss@10.0.0.2:554/1': 401 Unauthorized"),
    "Error opening input 'rtsp://***@10.0.0.2:554/1': 401 Unauthorized",
  );
  t.equal(redact('https://user@host/a and rtmps://a:b@c/d'), 'https://***@host/a and rtmps://***@c/d');
});

t.test('a password that was not escaped is taken out whole', async (t) => {
  for (const password of ['p@ss', 'pa/ss', 'a:b', 'p?x#y', '@@@']) {
    t.notMatch(redact(`rtsp://user:${password}@camera/stream`), password);
  }
});

t.test('values of query parameters that are secrets are taken out', async (t) => {
  t.equal(
    redact('http://host/live.m3u8?token=abc&quality=high&api_key=x;Signature=y'),
    'http://host/live.m3u8?token=***&quality=high&api_key=***;Signature=***',
  );
});

t.test('parameters in the path of a URL are taken out as well, those of a file are none', async (t) => {
  t.equal(
    redact('rtsp://10.0.0.9:554/user=admin&password=S3cret&channel=1'),
    'rtsp://10.0.0.9:554/user=admin&password=***&channel=1',
  );
  t.notMatch(redact('rtsp://10.0.0.9/user=admin_password=S3cret_channel=1.sdp'), 'S3cret');
  t.notMatch(redact('http://10.0.0.9/cam.cgi?loginuse=admin&loginpas=S3cret'), 'S3cret');
  for (const text of ['/data/key=5/clip.mp4', 'rtsp://camera/monkey/main', 'https://auth.example/a?b=c']) {
    t.equal(redact(text), text);
  }
});

t.test('a name without secrets stays as it is', async (t) => {
  for (const text of ['/videos/dash cam@night.mp4', 'C:\\videos\\a.mp4', 'rtsp://camera:554/stream?channel=1', '-']) {
    t.equal(redact(text), text);
  }
});
