import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { ENGINE_KEYS } from '../../../pipeline/options/engine-options.js';
import { LISTEN_DEFAULTS } from '../../../pipeline/options/listen-options.js';
import { packagedFile } from '../../../pipeline/options/package-root.js';
import { parseConfig, readConfigFile } from '../../../pipeline/serve/config-file.js';
import { describeUnknownVariables, readEnvironment } from '../../../pipeline/serve/environment-options.js';
import { gatherOptions } from '../../../pipeline/serve/gather-options.js';
import { readTls, readToken } from '../../../pipeline/serve/read-secrets.js';
import { checkServeOptions, SERVE_DEFAULTS, SERVE_RULES } from '../../../pipeline/serve/serve-options.js';

t.test('reads options with and without hyphens, sources as list, map or text', async (t) => {
  const text = `
# two cameras
sources:
  front: rtsp://camera/front
  back: rtsp://camera/back
port: 9000
max-fps: 12.5
allowOrigin: https://wall.example
loop: true
network: segnet-basic
`;
  t.same(parseConfig(text, 'x.yaml'), {
    sources: ['front=rtsp://camera/front', 'back=rtsp://camera/back'],
    port: 9000,
    maxFps: 12.5,
    allowOrigin: ['https://wall.example'],
    loop: true,
    network: 'segnet-basic',
  });
  t.same(parseConfig('sources: [a.mp4, b.mp4]', 'x'), { sources: ['a.mp4', 'b.mp4'] });
  t.same(parseConfig('sources: a.mp4', 'x'), { sources: ['a.mp4'] });
  t.same(parseConfig('host: &it a.mp4\nsources: [*it]', 'x').sources, ['a.mp4']);
  t.same(parseConfig('', 'x'), {});
});

const wrong: readonly (readonly [string, string, RegExp])[] = [
  [
    'an unknown option',
    'port: 1\nfrobnicate: 2',
    /^x\.yaml, line 2: there is no option frobnicate; there are sources, host, port/,
  ],
  ['a slip', 'port: 1\nmax-fsp: 2', /^x\.yaml, line 2: there is no option max-fsp \(Did you mean maxFps\?\)$/],
  [
    'a wrong type',
    'host: a\nport: high',
    /^x\.yaml, line 2: Expected port to be a whole number from 0 to 65535, got `high`/,
  ],
  ['a number out of range', '\n\nquality: 101', /line 3: Expected quality/],
  ['a wrong choice', 'transport: sctp', /line 1: Expected transport to be tcp or udp, got `sctp`/],
  ['a flag that is none', 'loop: "yes"', /line 1: Expected loop to be true or false/],
  ['an engine option', 'engine: cuda', /line 1: Expected engine to be/],
  ['a key given twice', 'maxFps: 1\nmax-fps: 2', /line 2: max-fps is given twice/],
  ['the same key given twice', 'port: 1\nport: 2', /line 2: /],
  [
    'a token',
    'port: 1\ntoken: abc',
    /line 2: token does not belong into this file: use tokenFile or SEGNET_STREAM_TOKEN/,
  ],
  ['a number in quotes', 'port: "9320"', /line 1: Expected port to be .*, got `"9320"`/],
  ['a number of the engine in quotes', 'threads: "2"', /line 1: Expected threads to be .*, got `"2"`/],
  ['a wrong entry among sources', 'sources:\n  - a.mp4\n  - 5', /line 3: expected sources\[1\] to be a source, a text/],
  ['a wrong entry among named sources', 'sources:\n  a: x\n  b: [c]', /line 3: expected sources\.b to be/],
  ['a named source that is empty', 'sources:\n  a: x\n  b:', /line 3: expected sources\.b to be/],
  ['sources of another kind', 'port: 1\nsources: 5', /line 2: expected sources/],
  ['broken YAML', 'port: 1\nhost: [a\nx: y', /^x\.yaml, line \d: /],
  ['a list', '- a\n- b', /line 1: expected a map/],
  ['a prototype', '__proto__: 1', /line 1: there is no option __proto__/],
];
for (const [name, text, message] of wrong) {
  t.test(`names the line of ${name}`, async (t) => {
    t.throws(() => parseConfig(text, 'x.yaml'), { code: 'CONFIG_INVALID', message });
  });
}

t.test('a token is not repeated in the error', async (t) => {
  try {
    parseConfig('token: my-secret-token-value', 'x');
    t.fail('was accepted');
  } catch (error) {
    t.notMatch((error as Error).message, /my-secret/);
  }
});

t.test('a file that is there, and one that is not', async (t) => {
  const folder = t.testdir({});
  await writeFile(`${folder}/a.yaml`, 'port: 7');
  t.same(await readConfigFile(`${folder}/a.yaml`), { port: 7 });
  await t.rejects(readConfigFile(`${folder}/b.yaml`), { code: 'CONFIG_MISSING', message: /b\.yaml.*ENOENT/ });
});

t.test('the environment has every option', async (t) => {
  t.same(
    readEnvironment({
      SEGNET_STREAM_PORT: '9000',
      SEGNET_STREAM_MAX_FPS: 'many',
      SEGNET_STREAM_CAMERA_FORMAT: 'mjpeg',
      SEGNET_STREAM_RECORD_MINUTES: '2.5',
      SEGNET_STREAM_LOOP: '1',
      SEGNET_STREAM_REALTIME: 'false',
      SEGNET_STREAM_ALLOW_HOST: 'a.example, b.example,',
      SEGNET_STREAM_TOKEN: 'correct-horse-battery-staple',
      SEGNET_STREAM_HOST: '',
      SEGNET_STREAM_SOURCES: 'a=rtsp://x/1 b=rtsp://x/2',
    }),
    {
      port: 9000,
      maxFps: 'many',
      cameraFormat: 'mjpeg',
      recordMinutes: 2.5,
      loop: true,
      realtime: false,
      allowHost: ['a.example', 'b.example'],
      token: 'correct-horse-battery-staple',
      sources: ['a=rtsp://x/1', 'b=rtsp://x/2'],
    },
  );
  t.same(
    readEnvironment({ SEGNET_STREAM_NETWORK: 'enet', SEGNET_STREAM_THREADS: '2', SEGNET_STREAM_PRECISION: 'int8' }),
    { network: 'enet', threads: 2, precision: 'int8' },
    'those of the engine too',
  );
  t.equal(readEnvironment({ SEGNET_STREAM_PORT: ' ' }).port, ' ', 'no port 0');
  t.equal(readEnvironment({ SEGNET_STREAM_THREADS: 'abc' }).threads, 'abc', 'for the check to refuse');
  t.same(readEnvironment({ SEGNET_STREAM_SOURCES: 'my car=x y.mp4\n b.mp4' }).sources, ['my car=x y.mp4', 'b.mp4']);
});

t.test('options are checked under the names by which they came', async (t) => {
  const sources = ['a.mp4'];
  const check = (options: object) => () => checkServeOptions({ sources, ...options }, (option) => `--${option}`);
  t.doesNotThrow(check({ port: 0, maxFps: 5, record: 'a.mp4' }));
  t.throws(check({ maxFps: 'many' }), { code: 'OPTION_INVALID', message: /Expected --maxFps to be .*, got `many`/ });
  t.doesNotThrow(check({ record: 'drive.mp4', recordMinutes: 0.5, recordKeepHours: 0.5, recordKeepGb: 0.5 }));
  t.throws(check({ recordKeepGb: 5 }), {
    code: 'OPTION_INVALID',
    message: /--recordKeepGb to come with --record, got it/,
  });
  for (const value of [0, -1, '60', Number.NaN, 1e9]) {
    t.throws(check({ recordMinutes: value }), { message: /--recordMinutes to be a number from 0.1 to 10080/ });
    t.throws(check({ recordKeepHours: value }), { message: /--recordKeepHours/ });
    t.throws(check({ recordKeepGb: value }), { message: /--recordKeepGb/ });
  }
  t.throws(check({ tlsCert: 'a.pem' }), { message: /--tlsCert and --tlsKey to be given together/ });
  t.throws(check({ allowOrigin: ['https://a.example/'] }), { message: /--allowOrigin/ });
  t.throws(check({ sources: [] }), { message: /one source or more/ });
  t.ok(Object.values(SERVE_RULES).every(({ help }) => help.length > 0));
});

t.test('what was left out is filled in with what the help says', async (t) => {
  const none = { quality: undefined, host: undefined, logLevel: undefined };
  const given = { sources: ['a.mp4'], record: 'drive.mp4', port: 0, loop: true, ...none };
  const checked = checkServeOptions(given, (option) => option);
  t.match(checked, { ...LISTEN_DEFAULTS, ...SERVE_DEFAULTS, sources: ['a.mp4'], port: 0, loop: true });
  t.same(
    checkServeOptions(checked, (option) => option),
    checked,
  );
  for (const [name, value] of Object.entries({ ...LISTEN_DEFAULTS, ...SERVE_DEFAULTS })) {
    const { help } = SERVE_RULES[name as keyof typeof SERVE_DEFAULTS];
    if (typeof value !== 'boolean') t.match(help, `(default: ${value}`, name);
  }
});

t.test('the command line wins, then the environment, then the file: of a token and a file with one, too', async (t) => {
  const config = join(
    t.testdir({ 'a.yaml': 'port: 1\nhost: a\nmaxFps: 1\ntokenFile: of-file\nsources: [x]\n' }),
    'a.yaml',
  );
  const environment = { SEGNET_STREAM_PORT: '2', SEGNET_STREAM_HOST: 'b', SEGNET_STREAM_TOKEN: 'of-environment' };
  t.same((await gatherOptions([], { config, port: 3 }, environment)).options, {
    port: 3,
    host: 'b',
    maxFps: 1,
    token: 'of-environment',
    sources: ['x'],
  });
  t.same((await gatherOptions(['y'], { config, tokenFile: 'of-flags' }, environment)).options, {
    port: 2,
    host: 'b',
    maxFps: 1,
    tokenFile: 'of-flags',
    sources: ['y'],
  });
  t.equal((await gatherOptions([], { config }, {})).options.tokenFile, 'of-file');
  const unset = await gatherOptions(['x'], {}, { SEGNET_STREAM_CONFIG: '' });
  t.same(unset.options, { sources: ['x'] }, 'an empty variable is one that is not set');
});

t.test('a wrong option of the environment is told of by its variable', async (t) => {
  const environment = { SEGNET_STREAM_PORT: 'abc', SEGNET_STREAM_ALLOW_HOST: 'a:1', SEGNET_STREAM_THREADS: 'no' };
  for (const [option, name] of [
    ['port', 'SEGNET_STREAM_PORT'],
    ['allowHost', 'SEGNET_STREAM_ALLOW_HOST'],
    ['threads', 'SEGNET_STREAM_THREADS'],
  ] as const) {
    const flags = { port: 1, allowHost: ['a'], threads: 1, [option]: undefined };
    const { options, nameOf } = await gatherOptions(['a.mp4'], flags, environment);
    t.throws(() => checkServeOptions(options, nameOf), {
      code: 'OPTION_INVALID',
      message: new RegExp(`^Expected ${name} to be`),
    });
  }
  const flags = { port: 70_000 };
  const { options, nameOf } = await gatherOptions(['a.mp4'], flags, environment);
  t.throws(() => checkServeOptions(options, nameOf), { message: /^Expected --port to be/ });
});

t.test('what the file says is told of by the file', async (t) => {
  const config = join(t.testdir({ 'a.yaml': 'allowHost: [a:1]\nport: 1\nsources: [x]\n' }), 'a.yaml');
  const environment = { SEGNET_STREAM_HOST: '::1' };
  const { options, nameOf } = await gatherOptions([], { config, port: 3 }, environment);
  t.throws(() => checkServeOptions(options, nameOf), {
    message: `Expected allowHost in ${config} to be a name without a port, camera.example, got \`a:1\``,
  });
  t.same(['port', 'host', 'tokenFile'].map(nameOf), ['--port', 'SEGNET_STREAM_HOST', '--token-file']);
});

t.test('a token, certificate or key that cannot be read is told of by where it was named', async (t) => {
  const none = `${t.testdirName}/none`;
  const { options, nameOf } = await gatherOptions(['x'], { tlsKey: none }, { SEGNET_STREAM_TOKEN_FILE: none });
  await t.rejects(readToken(options, nameOf), {
    code: 'OPTION_INVALID',
    message: `Expected SEGNET_STREAM_TOKEN_FILE to be a readable file, got ${none} (ENOENT)`,
  });
  await t.rejects(readTls({ tlsCert: packagedFile('package.json'), tlsKey: none }, nameOf), {
    code: 'TLS_INVALID',
    message: `Expected --tls-key to be a readable file, got ${none} (ENOENT)`,
  });
});

t.test('what Kubernetes says of a service called segnet-stream is no option', async (t) => {
  const environment = {
    SEGNET_STREAM_PORT: 'tcp://10.96.0.10:8080',
    SEGNET_STREAM_PORT_8080_TCP: 'tcp://10.96.0.10:8080',
  };
  t.notOk(readEnvironment(environment).port);
  t.same(describeUnknownVariables(environment), []);
});

t.test('a variable that is no option is told of, with the one that was meant', async (t) => {
  t.same(describeUnknownVariables({ SEGNET_STREAM_MAXFPS: '5', SEGNET_STREAM_SERVICE_HOST: '10.0.0.1' }), [
    'SEGNET_STREAM_MAXFPS is no option and does nothing (Did you mean SEGNET_STREAM_MAX_FPS?)',
  ]);
  t.same(
    describeUnknownVariables({
      PATH: '',
      SEGNET_STREAM_TOKEN: '',
      SEGNET_STREAM_CONFIG: '',
      SEGNET_STREAM_THREADS: '',
    }),
    [],
  );
});

t.test('the example has every option, and what is commented out in it may stand there', async (t) => {
  const path = packagedFile('segnet-stream.example.yaml');
  const text = await readFile(path, 'utf8');
  const given = text.replaceAll(/^# (?=[a-zA-Z]+: )/gm, '');
  const options = Object.keys(parseConfig(given, path));
  const known = Object.entries(SERVE_RULES).flatMap(([name, { secret }]) => (secret ? [] : [name]));
  t.same(options.sort(), ['sources', ...known, ...ENGINE_KEYS].sort());
});
