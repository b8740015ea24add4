import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { Failure } from '../model/failure.js';
import { isMain } from '../model/is-main.js';
import { cacheFolder } from './options/cache-folder.js';

/** The TensorFlow version that the addon is built against: the newest with which its sources are known to compile. */
const TENSORFLOW_VERSION = '2.21.0';
const PACKAGE = '@tensorflow/tfjs-node-gpu';

const HELP = `Usage: npm run setup:tensorflow [-- options]
       node node_modules/segnet-stream/dist/pipeline/setup-tensorflow.js [options]     (in a project that installed the package)

Builds the native addon of ${PACKAGE} against the TensorFlow ${TENSORFLOW_VERSION} wheel of PyPI. Needed for training
and for --engine tensorflow; everything else works without it.

Options:
  --gpu            take the wheel with CUDA (about 3 GB, NVIDIA on Linux) instead of the CPU one (270 MB)
  --python PATH    the Python whose pip fetches the wheel (default: python3)
  --help           print this

Examples:
  npm run setup:tensorflow
  npm run setup:tensorflow -- --gpu
  npm run setup:tensorflow -- --python /opt/python3.12/bin/python3

The unpacked wheel is kept in ~/.cache/segnet-stream (XDG_CACHE_HOME), so that it is fetched once; after another
"npm ci" run this again, it takes seconds.`;

/** Runs a program to its end. Resolves to its standard output; rejects with its standard error. */
function execute(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      errors = (errors + chunk).slice(-4000);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${command} ${args.slice(0, 3).join(' ')} ... ended with ${code}:\n${errors}`));
    });
  });
}

async function firstThatRuns(
  candidates: readonly (string | undefined)[],
  args: readonly string[],
): Promise<string | undefined> {
  for (const candidate of candidates) {
    if (
      candidate !== undefined &&
      (await execute(candidate, args).then(
        () => true,
        () => false,
      ))
    )
      return candidate;
  }
  return undefined;
}

interface Tools {
  readonly packageDirectory: string;
  readonly python: string;
  readonly nodeGyp: string;
}

/** Looks for all tools first, so that everything that is missing is reported together. */
async function findTools(pythonOption: string | undefined): Promise<Tools> {
  const missing: string[] = [];
  let packageDirectory = '';
  try {
    packageDirectory = dirname(createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`));
  } catch {
    missing.push(`the npm package ${PACKAGE}: npm install --ignore-scripts ${PACKAGE}`);
  }
  const python = await firstThatRuns(pythonOption === undefined ? ['python3', 'python'] : [pythonOption], [
    '-c',
    'import sys; sys.exit(sys.version_info < (3, 10))',
  ]);
  if (python === undefined)
    missing.push('Python 3.10 or newer: apt-get install python3 python3-pip, or https://www.python.org');
  else if ((await firstThatRuns([python], ['-m', 'pip', '--version'])) === undefined) {
    missing.push(`pip for ${python}: apt-get install python3-pip, or ${python} -m ensurepip`);
  }
  if ((await firstThatRuns([process.env.CXX, 'c++', 'g++', 'clang++'], ['--version'])) === undefined) {
    missing.push('a C++17 compiler: apt-get install g++, or xcode-select --install');
  }
  if ((await firstThatRuns(['make'], ['--version'])) === undefined) missing.push('make: apt-get install make');
  const nodeGyp = findNodeGyp();
  if (nodeGyp === undefined) missing.push('node-gyp: run this by npm (npm run setup:tensorflow), which carries it');
  if (missing.length > 0) {
    throw new Failure('TENSORFLOW_SETUP', `To build TensorFlow's addon these are missing:\n- ${missing.join('\n- ')}`);
  }
  return { packageDirectory, python: python!, nodeGyp: nodeGyp! };
}

/** npm ships node-gyp and tells its scripts where it is; without npm it is found next to the npm of this Node. */
function findNodeGyp(): string | undefined {
  const beside = join(
    dirname(process.execPath),
    '..',
    'lib',
    'node_modules',
    'npm',
    'node_modules',
    'node-gyp',
    'bin',
    'node-gyp.js',
  );
  return [process.env.npm_config_node_gyp, beside].find((path) => path !== undefined && existsSync(path));
}

/** Returns the folder with the unpacked wheel, which is downloaded if necessary. */
async function fetchWheel(python: string, gpu: boolean): Promise<string> {
  const cache = cacheFolder();
  const target = join(cache, `tensorflow-${gpu ? 'gpu' : 'cpu'}-${TENSORFLOW_VERSION}`);
  if (existsSync(join(target, 'tensorflow', 'libtensorflow_cc.so.2'))) return target;
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, 'part-'));
  try {
    if (gpu) {
      // Its libraries find CUDA by paths relative to themselves, in folders that pip installs, so this is a full install.
      console.error(`Fetching tensorflow[and-cuda] ${TENSORFLOW_VERSION} from PyPI (about 3 GB) ...`);
      await execute(python, [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--target',
        join(work, 'wheel'),
        `tensorflow[and-cuda]==${TENSORFLOW_VERSION}`,
      ]);
    } else {
      console.error(`Fetching tensorflow-cpu ${TENSORFLOW_VERSION} from PyPI (about 270 MB) ...`);
      await execute(python, [
        '-m',
        'pip',
        'download',
        '--quiet',
        '--no-deps',
        '--dest',
        work,
        `tensorflow-cpu==${TENSORFLOW_VERSION}`,
      ]);
      const wheel = (await readdir(work)).find((name) => name.endsWith('.whl'));
      if (wheel === undefined) throw new Error('pip fetched no wheel');
      const unpack =
        'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); ' +
        'z.extractall(sys.argv[2], [n for n in z.namelist() if n.startswith(("tensorflow/include/", "tensorflow/libtensorflow"))])';
      await execute(python, ['-c', unpack, join(work, wheel), join(work, 'wheel')]);
    }
    await rm(target, { recursive: true, force: true });
    await rename(join(work, 'wheel'), target);
  } catch (error) {
    throw new Failure('TENSORFLOW_SETUP', `Could not fetch TensorFlow's wheel: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return target;
}

/** Links the wheel's headers and libraries where the addon's build expects them, and builds it. */
async function buildAddon({ packageDirectory, nodeGyp }: Tools, wheel: string): Promise<void> {
  const deps = join(packageDirectory, 'deps');
  const libraries = join(wheel, 'tensorflow');
  await rm(deps, { recursive: true, force: true });
  await mkdir(join(deps, 'lib'), { recursive: true });
  await symlink(join(libraries, 'include'), join(deps, 'include'));
  // The linker needs these names. The loader needs the versioned ones, and finds them in their own folder by the run path below.
  await symlink(join(libraries, 'libtensorflow_cc.so.2'), join(deps, 'lib', 'libtensorflow.so'));
  await symlink(join(libraries, 'libtensorflow_framework.so.2'), join(deps, 'lib', 'libtensorflow_framework.so'));
  const headers = join(dirname(process.execPath), '..');
  const nodedir = existsSync(join(headers, 'include', 'node', 'node_api.h')) ? [`--nodedir=${headers}`] : [];
  console.error('Building the addon ...');
  await execute(
    process.execPath,
    [
      nodeGyp,
      'rebuild',
      ...nodedir,
      '--napi_build_version=8',
      '--module_name=tfjs_binding',
      `--module_path=${join(packageDirectory, 'lib', 'napi-v8')}`,
    ],
    { cwd: packageDirectory, env: { ...process.env, LDFLAGS: `${process.env.LDFLAGS ?? ''} -Wl,-rpath,${libraries}` } },
  ).catch((error: Error) => {
    throw new Failure('TENSORFLOW_SETUP', `Could not build TensorFlow's addon: ${error.message}`, { cause: error });
  });
}

/** Loads the addon in a new process, as a user's program would. */
async function checkAddon(): Promise<string> {
  const loader = new URL('../model/training/tensorflow.js', import.meta.url);
  const program = `const { loadTensorflow } = await import(${JSON.stringify(loader.href)});
const tf = await loadTensorflow();
const ones = tf.ones([64, 64]);
if (tf.matMul(ones, ones).sum().dataSync()[0] !== 64 ** 3) throw new Error('a matrix product came out wrong');
console.log(tf.version_core, 'on', tf.getBackend(), 'with TensorFlow', tf.backend().binding.TF_Version);`;
  return (await execute(process.execPath, ['--input-type=module', '-e', program])).trim();
}

/** The command behind `npm run setup:tensorflow`. */
async function setupTensorflow(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      gpu: { type: 'boolean', default: false },
      python: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  if (process.platform !== 'linux') {
    throw new Failure(
      'TENSORFLOW_SETUP',
      `Expected Linux, whose TensorFlow wheel carries the C library in the form that this build links; got ${process.platform}`,
    );
  }
  const tools = await findTools(values.python);
  await buildAddon(tools, await fetchWheel(tools.python, values.gpu));
  console.error(`TensorFlow.js ${await checkAddon()} is ready.`);
}

if (isMain(import.meta.url)) {
  setupTensorflow(process.argv.slice(2)).catch((error: Error) => {
    console.error(
      error instanceof Failure ? `${error.message} [${error.code}]` : `Expected known options; ${error.message}`,
    );
    process.exitCode = 1;
  });
}
