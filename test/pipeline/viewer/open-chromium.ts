import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PLACES = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Where a Chromium is on this machine; undefined where there is none (Debian: `apt-get install chromium`). */
export const chromiumPath = PLACES.find((path): path is string => path !== undefined && existsSync(path));

/** Why browser tests are skipped, or false where they run. */
export const skipWithoutChromium =
  chromiumPath === undefined && 'no Chromium here: apt-get install chromium, or set CHROMIUM_PATH';

/** Starts a browser that talks to this machine alone. */
export function openChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath!,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
