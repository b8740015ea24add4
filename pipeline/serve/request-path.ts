import type { IncomingMessage } from 'node:http';

/** The path that a request asks for, without its query; of `GET http://host/path`, as proxies are asked, too. */
export function requestPath({ url = '/' }: IncomingMessage): string {
  const target = /^https?:\/\//i.test(url) && URL.canParse(url) ? new URL(url).pathname : url;
  return target.split('?', 1)[0]!;
}
