import type { Page } from 'playwright-core';
import t from 'tap';
import { skipWithoutChromium } from './open-chromium.js';
import { keepShowing, openPage, openServer, status } from './open-page.js';

const file = (page: Page) => page.textContent('#badge-file');
const says = (page: Page, name: string) =>
  page.waitForFunction((name) => document.getElementById('badge-file')!.textContent === name, name);
/** Waits until the page has heard of the first stream's state. */
const heard = (page: Page, state: string) =>
  page.waitForSelector(`#streams label:first-child[data-state="${state}"]`, { state: 'attached' });

t.test('files that one stream shows one after the other', { skip: skipWithoutChromium, timeout: 60_000 }, async (t) => {
  const server = await openServer(t);
  const say = (state: 'connecting' | 'live', epoch: number, file: string) =>
    server.hub.setStatus('front', { state, epoch, since: Date.now(), file });
  const odd = 'monday/<b>dash</b>\n1.mp4';
  say('live', 0, odd);
  const stop = keepShowing(t, server);
  const { page, complaints } = await openPage(t, server.url);
  await status(page, 'live');
  t.equal(await file(page), odd, 'as it is called, and no markup');
  t.equal(await page.title(), 'front – segnet-stream');

  stop();
  say('connecting', 1, 'tuesday.mp4');
  await status(page, 'stale');
  t.equal(await page.textContent('#notice'), 'tuesday.mp4: connecting.');
  t.equal(await page.title(), 'front (connecting) – segnet-stream');
  t.equal(await file(page), odd, 'whose picture is still shown');
  say('live', 1, 'tuesday.mp4');
  keepShowing(t, server, { epoch: 1 });
  await page.waitForSelector('#canvas[data-epoch="1"]');
  await says(page, 'tuesday.mp4');
  await status(page, 'live');

  await page.keyboard.press('Space');
  await status(page, 'paused');
  t.equal(await page.title(), 'front (paused) – segnet-stream');
  say('connecting', 2, 'wednesday.mp4');
  await heard(page, 'connecting');
  t.equal(await file(page), 'tuesday.mp4', 'of a paused picture its own');
  await page.click('label:has(input[name=stream][value=back])');
  await says(page, '');
  await page.waitForSelector('#stage:not([data-status="paused"])');
  // A radio button that is picked leaves the key alone.
  await page.keyboard.press('Space');
  await status(page, 'paused');
  t.same(complaints, []);
});
