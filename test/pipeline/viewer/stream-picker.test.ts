import type { Page } from 'playwright-core';
import t from 'tap';
import { skipWithoutChromium } from './open-chromium.js';
import { openPage, openServer } from './open-page.js';

const picked = (page: Page) => page.inputValue('#streams input:checked');
const becomes = (page: Page, name: string) => page.waitForSelector(`#streams input[value="${name}"]:checked`);
const pick = (page: Page, name: string) => page.click(`#streams label:has(input[value="${name}"])`);

t.test('the picked stream', { skip: skipWithoutChromium, timeout: 120_000 }, async (t) => {
  t.test('stands in the address: to share, to reload, to go back and forward', async (t) => {
    const odd = 'yard & gate #2';
    const server = await openServer(t, { streams: ['front', 'back', odd] });
    const { page, complaints } = await openPage(t, server.url);
    await becomes(page, 'front');
    t.equal(new URL(page.url()).search, '', 'nothing was picked');
    await pick(page, 'back');
    t.equal(new URL(page.url()).search, '?stream=back');
    await page.locator('#stage').focus();
    await page.keyboard.press('n');
    t.equal(new URL(page.url()).searchParams.get('stream'), odd);
    await page.reload();
    await becomes(page, odd);

    await page.goBack();
    await becomes(page, 'back');
    await page.goBack();
    await becomes(page, 'front');
    await page.goForward();
    await becomes(page, 'back');
    await page.keyboard.press('n');
    const { page: other } = await openPage(t, page.url());
    await becomes(other, odd);
    t.same(complaints, []);
  });

  t.test('is kept beside a token in the fragment, and the skip link', async (t) => {
    const token = 'correct-horse-battery-staple';
    const server = await openServer(t, { token });
    const { page } = await openPage(t, `${server.url}?stream=back#token=${token}`);
    await becomes(page, 'back');
    t.equal(page.url(), `${server.url}?stream=back`);
    await page.focus('.skip-link');
    await page.keyboard.press('Enter');
    t.equal(page.url(), `${server.url}?stream=back#stage`);
    t.equal(await picked(page), 'back');
  });

  t.test('that the server lost makes way for the first, and is there again when the server has it', async (t) => {
    const server = await openServer(t);
    const { page } = await openPage(t, `${server.url}?stream=back`);
    await becomes(page, 'back');
    await server.close('Restart');
    const without = await openServer(t, { port: server.port, streams: ['front', 'left'] });
    await becomes(page, 'front');
    await page.getByText('There is no stream called back. This is front.').first().waitFor();
    await without.close('Restart');
    await openServer(t, { port: server.port, streams: ['left', 'front', 'back'] });
    await becomes(page, 'back');
    t.equal(page.url(), `${server.url}?stream=back`);
  });

  t.test('is accepted in place of a missing one by a click on it', async (t) => {
    const server = await openServer(t, { streams: ['front'] });
    const { page } = await openPage(t, `${server.url}?stream=old`);
    const notice = page.getByText('There is no stream called old. This is front.').first();
    await notice.waitFor();
    await pick(page, 'front');
    await page.waitForFunction(() => !document.querySelector('#notice')!.textContent!.includes('old'));
    t.equal(new URL(page.url()).search, '?stream=front');
  });

  t.test('is seen at once, also where the one before was paused', async (t) => {
    const server = await openServer(t);
    const { page } = await openPage(t, server.url);
    await becomes(page, 'front');
    await page.click('#pause');
    t.equal(await page.textContent('#pause'), 'Go on');
    await pick(page, 'back');
    t.equal(await page.textContent('#pause'), 'Pause');
    t.equal(await page.getAttribute('#canvas', 'aria-label'), 'Segmented picture of back');
  });

  t.test('is changed by keys held down, however often browsers let the address change', async (t) => {
    const server = await openServer(t);
    const { page, complaints } = await openPage(t, server.url);
    await becomes(page, 'front');
    await page.evaluate(() => {
      history.pushState = () => {
        throw new DOMException('Too many calls', 'SecurityError');
      };
    });
    await page.keyboard.press('n');
    await becomes(page, 'back');
    server.hub.setStatus('front', { state: 'stalled', epoch: 0, since: Date.now() });
    await page.waitForSelector('#streams [data-state="stalled"]');
    t.equal(await picked(page), 'back');
    t.same(complaints, []);
  });
});
