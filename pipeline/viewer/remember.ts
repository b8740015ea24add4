/** The choices that this browser remembers. */
export type Choice = 'theme' | 'detail' | 'palette' | 'opacity' | 'hidden';

/** Stores a choice, unless the browser refuses or has no room. */
export function remember(choice: Choice, value: string): void {
  try {
    localStorage.setItem(choice, value);
  } catch {
    // The page works without it.
  }
}

/** The stored choice; undefined if there is none or it no longer makes sense. */
export function recall(choice: Choice, makesSense: (value: string) => boolean = () => true): string | undefined {
  try {
    const value = localStorage.getItem(choice);
    return value !== null && makesSense(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
