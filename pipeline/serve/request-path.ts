import type { IncomingMessage } from 'node:http';

/** The path of a request without its query, also for `GET http://host/path`, the form for proxies. */
export function requestPath({ url = '/' }: IncomingMessage): string {
  const target = /^https?:\/\//i.test(url) && URL.canParse(url) ? new URL(url).pathname : url;
  return target.split('?', 1)[0]!;
}
