/** What a person may choose for good, in this browser. */
export type Choice = 'theme' | 'detail' | 'palette' | 'opacity' | 'hidden';

/** Keeps a choice; where the browser refuses to, or has no room, it is forgotten. */
export function remember(choice: Choice, value: string): void {
  try {
    localStorage.setItem(choice, value);
  } catch {
    // The page works all the same.
  }
}

/** The choice that was kept; undefined where there is none, or none that still makes sense. */
export function recall(choice: Choice, makesSense: (value: string) => boolean = () => true): string | undefined {
  try {
    const value = localStorage.getItem(choice);
    return value !== null && makesSense(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
