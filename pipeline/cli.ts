#!/usr/bin/env node
import { Command, CommanderError, Option } from 'commander';
import { catalogue } from './commands/catalogue.js';
import { typedArguments } from './commands/typed-arguments.js';
import { explainError } from './explain-error.js';
import { packageVersion } from './options/package-root.js';
import { isResultPrinted } from './print-result.js';
import { printable } from './wording.js';

/** Builds `segnet-stream`. Only the command that is called is loaded, the others are known by name, which saves start-up time. */
async function createProgram(args: readonly string[]): Promise<Command> {
  const program = new Command('segnet-stream')
    .description('Streaming semantic segmentation of road scenes.')
    .version(packageVersion(), '-V, --version')
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .addHelpText('after', EXAMPLES);
  const called = args.find((arg) => !arg.startsWith('-'));
  const wanted = called === 'help' ? args[args.indexOf('help') + 1] : called;
  for (const { name, summary, load } of catalogue) {
    if (name === wanted) {
      const command = (await load()).copyInheritedSettings(program).summary(summary);
      // A command with subcommands would consume these options in place of its subcommand, which has its own.
      const common = command.commands.length > 0 ? [] : COMMON_OPTIONS();
      for (const option of common)
        if (!command.options.some(({ long }) => long === option.long)) command.addOption(option);
      program.addCommand(command);
    } else program.command(name).summary(summary).description(summary);
  }
  return program;
}

const COMMON_OPTIONS = () => [
  new Option('--json', 'print one JSON document on standard output at the end, and nothing else there'),
  new Option('--verbose', 'print stack traces of errors'),
];

const EXAMPLES = `
Examples:
  segnet-stream run dashcam.mp4 -o out.mp4
  segnet-stream run --help`;

function reportError(error: unknown, args: readonly string[]): void {
  if (error instanceof CommanderError && error.exitCode === 0) return;
  const { code, message, exitStatus } = explainError(error);
  // After a stop the exit status is already set.
  process.exitCode ||= exitStatus;
  if (args.includes('--json') && !isResultPrinted())
    process.stdout.write(`${JSON.stringify({ error: { code, message } }, null, 2)}\n`);
  process.stderr.write(`${printable(message)} [${code}]\n`);
  const verbose = args.includes('--verbose') || Boolean(process.env.SEGNET_STREAM_DEBUG);
  if (verbose && error instanceof Error) process.stderr.write(`${printable(String(error.stack))}\n`);
}

// A reader that closes the pipe early, as in `segnet-stream describe | head -3`, is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`Could not write to standard output: ${error.message} [OUTPUT_UNWRITABLE]\n`);
  process.exit(1);
});

// If the reader closes the pipe, as in `segnet-stream run 2>&1 | head`, the work still goes on.
process.stderr.on('error', () => {});

const { args, folder } = typedArguments(process.argv.slice(2), process.env);
if (folder !== undefined) process.chdir(folder);
try {
  const program = await createProgram(args);
  if (args.length === 0) program.outputHelp();
  else await program.parseAsync(args, { from: 'user' });
} catch (error) {
  reportError(error, args);
}
