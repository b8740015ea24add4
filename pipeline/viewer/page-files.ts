/** The files that `bundle.ts` builds and the server serves, with their URL paths and types. */
export const PAGE_FILES = [
  { path: '/', file: 'index.html', type: 'text/html; charset=utf-8' },
  { path: '/viewer.js', file: 'viewer.js', type: 'text/javascript; charset=utf-8' },
  { path: '/viewer.css', file: 'viewer.css', type: 'text/css; charset=utf-8' },
  { path: '/icon.svg', file: 'icon.svg', type: 'image/svg+xml' },
] as const;
