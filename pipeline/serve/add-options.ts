import type { Command } from 'commander';
import { numeric } from '../options/check.js';
import { flagOf } from '../options/flag.js';
import { collectList } from '../options/list.js';
import { type OwnOption, SERVE_OPTIONS } from './serve-options.js';

/** Adds options of `serve` to a command, without the secret ones: everybody on a machine can read command lines. */
export function addServeOptions(
  command: Command,
  names: readonly OwnOption[] = Object.keys(SERVE_OPTIONS) as OwnOption[],
): Command {
  for (const name of names) {
    const { kind, help, value, secret } = SERVE_OPTIONS[name];
    const flag = flagOf(name);
    if (secret) continue;
    if (kind === 'flag') {
      command.option(flag, help);
      if (name === 'realtime') command.option('--no-realtime', 'read files as fast as they decode');
    } else if (kind === 'list') command.option(`${flag} <${value}>`, help, collectList);
    else if (kind === 'number') command.option(`${flag} <${value}>`, help, numeric);
    else command.option(`${flag} <${value}>`, help);
  }
  return command;
}
