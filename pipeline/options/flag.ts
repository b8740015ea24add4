/** What an option of a program is called on the command line: `ignoreClass` is `--ignore-class`. */
export function flagOf(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
