/** The command line name of an option: `ignoreClass` is `--ignore-class`. */
export function flagOf(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The name of an option in a program, which is the option itself. */
export function asIs(option: string): string {
  return option;
}
