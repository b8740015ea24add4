/** The actions of keys. */
export interface KeyActions {
  readonly pause: () => void;
  readonly snapshot: () => void;
  readonly fullscreen: () => void;
  /** @param by Per cent. */
  readonly changeOpacity: (by: number) => void;
  readonly toggleClass: (index: number) => void;
  readonly soloClass: (index: number) => void;
  readonly showAll: () => void;
  readonly stepStream: (by: number) => void;
  readonly theme: () => void;
  readonly help: () => void;
}

/** Binds the page's keys. They are inactive while a dialog is open, and keys that a focused control uses are left to it. */
export function bindKeys(actions: KeyActions): void {
  const byKey: Readonly<Record<string, () => void>> = {
    ' ': actions.pause,
    s: actions.snapshot,
    f: actions.fullscreen,
    '+': () => actions.changeOpacity(5),
    '=': () => actions.changeOpacity(5),
    '-': () => actions.changeOpacity(-5),
    a: actions.showAll,
    n: () => actions.stepStream(1),
    p: () => actions.stepStream(-1),
    t: actions.theme,
    '?': actions.help,
  };
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
    const control = (event.target as Element).closest('button, select, input, a');
    // A stream that is already picked does not use the space key.
    const takesSpace = control !== null && !control.matches('input[type=radio]:checked');
    if (control?.matches('select') || (takesSpace && event.key === ' ')) return;
    // By physical key, because Shift+1 gives different characters on different keyboards.
    const digit = /^Digit(\d)$/.exec(event.code)?.[1];
    if (digit !== undefined) {
      const index = (Number(digit) + 9) % 10;
      if (event.shiftKey) actions.soloClass(index);
      else actions.toggleClass(index);
    } else {
      const action = byKey[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (!action) return;
      action();
    }
    event.preventDefault();
  });
}
