import { recall, remember } from './remember.js';

/**
 * Applies the remembered theme, or that of the system.
 *
 * @param onChange Called when another theme is chosen, once its colours apply.
 * @returns A function that switches between light and dark.
 */
export function startTheme(onChange: () => void): () => void {
  const root = document.documentElement;
  const set = (theme: string): void => {
    root.dataset.theme = theme;
    onChange();
  };
  const theme = recall('theme', (value) => value === 'light' || value === 'dark');
  if (theme) set(theme);
  return () => {
    const isDark = root.dataset.theme
      ? root.dataset.theme === 'dark'
      : matchMedia('(prefers-color-scheme: dark)').matches;
    const other = isDark ? 'light' : 'dark';
    set(other);
    remember('theme', other);
  };
}
