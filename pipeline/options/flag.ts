/** What an option of a program is called on the command line: `ignoreClass` is `--ignore-class`. */
export function flagOf(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** What an option is called in a program: itself. */
export function asIs(option: string): string {
  return option;
}
