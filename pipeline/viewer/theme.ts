/**
 * Takes on the theme that was chosen before, else that of the system.
 *
 * @param onChange Called when another is chosen, once its colours hold.
 * @returns Switches between light and dark.
 */
export function startTheme(onChange: () => void): () => void {
  const root = document.documentElement;
  const set = (theme: string): void => {
    root.dataset.theme = theme;
    localStorage.setItem('theme', theme);
    onChange();
  };
  const theme = localStorage.getItem('theme');
  if (theme) set(theme);
  return () => {
    const isDark = root.dataset.theme
      ? root.dataset.theme === 'dark'
      : matchMedia('(prefers-color-scheme: dark)').matches;
    set(isDark ? 'light' : 'dark');
  };
}
