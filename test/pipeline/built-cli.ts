import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { packagedFile, packageRoot } from '../../pipeline/options/package-root.js';

/** How a command ended, and all that it printed. */
export interface CliEnd {
  /** The exit status; null after a signal. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What comes on standard input. */
  readonly input?: Uint8Array;
}

/**
 * The compiled command line, as people run it: a process of its own for signals and exit statuses, and without the
 * TypeScript loader, whose start in every worker thread costs seconds. `npm test` builds it; a stale one is built here.
 */
const cli = packagedFile('dist', 'pipeline', 'cli.js');
if (isStale()) spawnSync('npm', ['run', '--silent', 'build'], { cwd: packageRoot, stdio: 'ignore' });

/** Starts the command line; its end is `finished`. */
export function startCli(
  args: readonly string[],
  { cwd = packageRoot, env, input }: CliOptions = {},
): { readonly process: ChildProcess; readonly finished: Promise<CliEnd> } {
  const environment = { ...process.env, npm_lifecycle_event: undefined, NODE_OPTIONS: undefined, ...env };
  const child = spawn(process.execPath, [cli, ...args], { cwd, env: environment });
  child.stdin.end(input);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const finished = new Promise<CliEnd>((resolve) => {
    child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr }));
  });
  return { process: child, finished };
}

/** Runs the command line to its end. */
export function runCli(args: readonly string[], options?: CliOptions): Promise<CliEnd> {
  return startCli(args, options).finished;
}

function isStale(): boolean {
  // tsc rewrites only what changed, and this each time that anything did.
  const builtAt = statSync(packagedFile('dist', '.tsbuildinfo'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return ['model', 'operators', 'pipeline'].some((room) =>
    readdirSync(packagedFile(room), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .some((name) => statSync(join(packagedFile(room), name)).mtimeMs > builtAt),
  );
}
