import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import t from 'tap';
import { colourBlindColours } from '../../../pipeline/options/colour-blind-colours.js';
import { PALETTES } from '../../../pipeline/viewer/palettes.js';
import { skipWithoutChromium } from './open-chromium.js';
import { keepShowing, openPage, openServer, seqOf, status } from './open-page.js';

const TOKEN = 'correct-horse-battery-staple';
const SCREENSHOTS = process.env.SEGNET_STREAM_SCREENSHOTS;

/** The colour at a place of the canvas, both coordinates 0-1. */
function pixelAt(page: Page, x: number, y: number): Promise<number[]> {
  return page.$eval(
    '#canvas',
    (element, [x, y]) => {
      const canvas = element as HTMLCanvasElement;
      const place = [Math.floor(x! * canvas.width), Math.floor(y! * canvas.height)] as const;
      return [
        ...canvas
          .getContext('2d')!
          .getImageData(...place, 1, 1)
          .data.subarray(0, 3),
      ];
    },
    [x, y],
  );
}

async function shoot(page: Page, name: string): Promise<void> {
  if (SCREENSHOTS) await page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, fullPage: true });
}

t.setTimeout(300_000);

t.test('the page colours classes by index, and begins again where there are more classes than colours', async (t) => {
  const classes = Array.from({ length: colourBlindColours.length + 2 }, (_, index) => {
    return { name: `${index}`, colour: [index, 0, 0] as const };
  });
  const [first, second] = colourBlindColours;
  t.same(PALETTES['colour-blind safe']!(classes), [...colourBlindColours, first, second]);
  t.same(PALETTES.standard!(classes)[7], [7, 0, 0]);
});

t.test('in Chromium', { skip: skipWithoutChromium, timeout: 300_000 }, async (t) => {
  t.test('frames arrive and change, and toggles act on pixels at once, on a paused picture too', async (t) => {
    const server = await openServer(t);
    keepShowing(t, server);
    const { page, complaints } = await openPage(t, server.url);
    await status(page, 'live');
    const first = await seqOf(page);
    await page.waitForFunction((seq) => Number(document.getElementById('canvas')!.dataset.seq) > seq + 10, first);
    await page.keyboard.press('Space');
    await status(page, 'paused');
    const still = await seqOf(page);

    const [red, , blue] = await pixelAt(page, 0.5, 0.9);
    t.ok(red! > blue! + 60, 'the road is red');
    const [skyRed, , skyBlue] = await pixelAt(page, 0.5, 0.02);
    t.ok(skyBlue! > skyRed! + 60, 'the sky is blue');
    await page.getByLabel('road', { exact: false }).first().uncheck();
    const [plainRed, , plainBlue] = await pixelAt(page, 0.5, 0.9);
    t.ok(Math.abs(plainRed! - plainBlue!) < 30, 'the road is as the camera sees it');
    await page.getByRole('button', { name: 'Solo road' }).click();
    const [soloRed, , soloBlue] = await pixelAt(page, 0.5, 0.9);
    t.ok(soloRed! > soloBlue! + 60, 'the road alone');
    const [bareRed, , bareBlue] = await pixelAt(page, 0.5, 0.02);
    t.ok(Math.abs(bareRed! - bareBlue!) < 30, 'and no sky');
    await page.getByRole('button', { name: 'Show all' }).click();
    await page.locator('#opacity').fill('100');
    const [fullRed, fullGreen, fullBlue] = await pixelAt(page, 0.5, 0.9);
    t.ok(fullRed! > 250 && fullGreen! < 5 && fullBlue! < 5, 'the class alone at 100 %');
    await page.locator('#palette').selectOption('colour-blind safe');
    const [, safeGreen] = await pixelAt(page, 0.5, 0.9);
    t.ok(Math.abs(safeGreen! - colourBlindColours[1]![1]) < 5, 'in another palette');
    t.equal(await seqOf(page), still, 'all of it on one picture');
    t.equal(server.hub.wanted('front').size, 0, 'a paused page asks for nothing');

    await page.locator('#stage').focus();
    await page.keyboard.press('Space');
    await status(page, 'live');
    t.match(await page.textContent('#p50'), /\d+ ms/);
    t.same(complaints, []);
  });

  t.test('a small picture is fewer bytes of what the network sees, and remembered', async (t) => {
    const server = await openServer(t);
    keepShowing(t, server);
    const { page } = await openPage(t, server.url);
    let bytes = 0;
    page.on('websocket', (socket) => {
      socket.on('framereceived', ({ payload }) => {
        if (typeof payload !== 'string') bytes = payload.length;
      });
    });
    await page.reload();
    /** What the server is asked for, the contrast of neighbouring stripes, and the bytes of a frame, once the choice has come through. */
    const shown = async (part: 'picture' | 'source') => {
      while (!server.hub.wanted('front').has(part)) await page.waitForTimeout(20);
      await status(page, 'live');
      await page.locator('#opacity').fill('0');
      const seq = await seqOf(page);
      await page.waitForFunction((seq) => Number(document.getElementById('canvas')!.dataset.seq) > seq + 5, seq);
      const [dark, bright] = await Promise.all([pixelAt(page, 65.5 / 128, 0.9), pixelAt(page, 69.5 / 128, 0.9)]);
      return { wanted: [...server.hub.wanted('front')].sort(), contrast: Math.abs(bright[0]! - dark[0]!), bytes };
    };
    const sharp = await shown('picture');
    t.same(sharp.wanted, ['mask', 'picture']);
    t.ok(sharp.contrast > 150, `stripes, ${sharp.contrast} apart`);
    await page.locator('#detail').selectOption('small');
    const small = await shown('source');
    t.same(small.wanted, ['mask', 'source']);
    t.ok(small.contrast < 30, `no stripes, ${small.contrast} apart`);
    t.ok(small.bytes < sharp.bytes, `${small.bytes} bytes a frame, not ${sharp.bytes}`);
    await page.reload();
    t.equal((await shown('source')).wanted.length, 2);
    t.equal(await page.inputValue('#detail'), 'source');
  });

  t.test('the class under the cursor is named', async (t) => {
    const server = await openServer(t);
    keepShowing(t, server);
    const { page } = await openPage(t, server.url);
    await status(page, 'live');
    const box = (await page.locator('#canvas').boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height * 0.9);
    await page.waitForSelector('#tip:not([hidden])');
    t.equal(await page.textContent('#tip-name'), 'road');
    await page.mouse.move(box.x + box.width / 2, box.y + box.height * 0.1);
    t.equal(await page.textContent('#tip-name'), 'sky');
  });

  t.test('a finger asks the picture for its class, and the answer stays when it is lifted', async (t) => {
    const server = await openServer(t);
    keepShowing(t, server);
    const { page } = await openPage(t, server.url, { hasTouch: true, viewport: { width: 390, height: 844 } });
    await status(page, 'live');
    const box = (await page.locator('#canvas').boundingBox())!;
    await page.touchscreen.tap(box.x + box.width / 2, box.y + box.height / 2);
    await page.waitForSelector('#tip:not([hidden])');
    t.ok(await page.isVisible('#tip-name'));
    await page.touchscreen.tap(box.x + box.width / 2, box.y + box.height + 8);
    await page.waitForSelector('#tip', { state: 'hidden' });
  });

  t.test('by keyboard alone', async (t) => {
    const server = await openServer(t);
    keepShowing(t, server);
    const { page } = await openPage(t, server.url);
    await status(page, 'live');
    await page.keyboard.press('Digit2');
    t.equal(await page.getByLabel('road', { exact: false }).first().isChecked(), false);
    await page.keyboard.press('Shift+Digit2');
    t.equal(await page.getByLabel('sky', { exact: false }).first().isChecked(), false);
    await page.keyboard.press('a');
    t.equal(await page.getByLabel('sky', { exact: false }).first().isChecked(), true);
    await page.keyboard.press('-');
    t.equal(await page.inputValue('#opacity'), '45');
    await page.keyboard.press('?');
    t.ok(await page.isVisible('#help'));
    await page.keyboard.press('Escape');
    await page.keyboard.press('n');
    t.equal(await page.locator('#streams input:checked').inputValue(), 'back');
    await page.keyboard.press('p');
    t.equal(await page.locator('#streams input:checked').inputValue(), 'front');
    await status(page, 'live');
    // Nothing is saved until the first picture of the stream that was changed to is there.
    const pressing = setInterval(() => page.keyboard.press('s').catch(() => {}), 300);
    const download = await page.waitForEvent('download').finally(() => clearInterval(pressing));
    t.match(download.suggestedFilename(), /^front-\d{4}-.*\.png$/);
    const png = await readFile(await download.path());
    t.equal(png.subarray(1, 4).toString(), 'PNG');
  });

  t.test('a double click on the picture fills the screen, and another one ends that', async (t) => {
    const server = await openServer(t);
    keepShowing(t, server);
    const { page, complaints } = await openPage(t, server.url);
    await status(page, 'live');
    const filling = (id: string | undefined) =>
      page.waitForFunction((id) => document.fullscreenElement?.id === id, id, { polling: 50 });
    await page.dblclick('#canvas');
    await filling('stage');
    await page.dblclick('#canvas');
    await filling(undefined);
    t.ok(await page.isVisible('#fullscreen'));
    t.same(complaints, []);
  });

  t.test('a camera that stops is STALE with its age, and says why; then LIVE again', async (t) => {
    const server = await openServer(t);
    const stop = keepShowing(t, server);
    const { page } = await openPage(t, server.url);
    await status(page, 'live');
    stop();
    await status(page, 'stale');
    t.match(await page.textContent('#badge'), /STALE\s*[2-9]\.\d s/);
    const retryAt = Date.now() + 8000;
    const error = new Error('Input rtsp://***@camera/live refused the user name or password.');
    server.hub.setStatus('front', { state: 'failed', epoch: 1, since: Date.now(), retryAt, error });
    await page.waitForSelector('#notice:not([hidden])');
    t.match(await page.textContent('#notice'), /front: .*refused the user name or password\.+ Next attempt in \d s/);
    await shoot(page, 'stale');
    server.hub.setStatus('front', { state: 'live', epoch: 1, since: Date.now() });
    keepShowing(t, server);
    await status(page, 'live');
  });

  t.test('another camera begins with nothing of the one before', async (t) => {
    const server = await openServer(t);
    keepShowing(t, server);
    const { page } = await openPage(t, server.url);
    await status(page, 'live');
    const brightest = () =>
      page.evaluate(() => {
        const canvas = document.querySelector('canvas')!;
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
        return data.reduce((most, value, at) => (at % 4 === 3 ? most : Math.max(most, value)), 0);
      });
    t.ok((await brightest()) > 0);
    await page.click('label:has(input[name=stream][value=back])');
    t.equal(await brightest(), 0);
    t.ok(await page.isDisabled('#snapshot'));
    t.notMatch(await page.textContent('#legend'), /[1-9]\.\d %/);
  });

  t.test('pictures are drawn in their order, and one that cannot be decoded holds nothing up', async (t) => {
    const server = await openServer(t);
    const { page, complaints } = await openPage(t, server.url);
    await page.evaluate(() => {
      const decode = window.createImageBitmap.bind(window) as (blob: Blob) => Promise<ImageBitmap>;
      let count = 0;
      window.createImageBitmap = async (blob: unknown) => {
        count += 1;
        if (count % 5 === 0) throw new DOMException('no memory');
        if (count % 2 === 0) await new Promise((resolve) => setTimeout(resolve, 150));
        return decode(blob as Blob);
      };
      const drawn: number[] = [];
      Object.assign(window, { drawn });
      const canvas = document.querySelector('canvas')!;
      new MutationObserver(() => drawn.push(Number(canvas.dataset.seq))).observe(canvas, {
        attributeFilter: ['data-seq'],
      });
    });
    keepShowing(t, server);
    await page.waitForFunction(() => (window as unknown as { drawn: number[] }).drawn.length >= 20);
    const drawn = await page.evaluate(() => (window as unknown as { drawn: number[] }).drawn);
    t.same(
      drawn,
      [...drawn].sort((a, b) => a - b),
    );
    t.same(complaints, []);
  });

  t.test('a restart of the server: OFFLINE, then connected again by itself', async (t) => {
    const server = await openServer(t);
    const stop = keepShowing(t, server);
    const { page } = await openPage(t, server.url);
    await status(page, 'live');
    stop();
    await server.close('Restart');
    await status(page, 'offline');
    t.match(await page.textContent('#notice'), /shut down\. Trying again/);
    await shoot(page, 'offline');
    const again = await openServer(t, { port: server.port });
    keepShowing(t, again);
    await status(page, 'live');
  });

  t.test('a token is asked for once, and kept from scripts', async (t) => {
    const server = await openServer(t, { token: TOKEN });
    keepShowing(t, server);
    const { page } = await openPage(t, server.url);
    await page.waitForSelector('#login[open]');
    await shoot(page, 'login');
    await page.waitForFunction(() => /asks for a token/.test(document.getElementById('notice')!.textContent!));
    // Browsers let a page hold a dialog open against the first Escape alone.
    for (let count = 0; count < 3; count++) await page.keyboard.press('Escape');
    await page.waitForSelector('#login[open]');
    await page.fill('#token', 'wrong');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.getElementById('login-error')!.textContent !== '');
    await page.fill('#token', TOKEN);
    await page.keyboard.press('Enter');
    await status(page, 'live');
    t.equal(await page.evaluate(() => document.cookie + JSON.stringify(localStorage)), '{}');
    await page.reload();
    await status(page, 'live');

    const { page: other } = await openPage(t, `${server.url}#token=${TOKEN}`);
    await status(other, 'live');
    t.notMatch(other.url(), TOKEN);
  });

  t.test('nothing for axe-core to complain of: light, dark, narrow, stale, dialogs', async (t) => {
    const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    const server = await openServer(t);
    keepShowing(t, server);
    for (const [name, colorScheme, width] of [
      ['wide-light', 'light', 1280],
      ['wide-dark', 'dark', 1280],
      ['narrow-light', 'light', 390],
      ['narrow-dark', 'dark', 390],
    ] as const) {
      const { page } = await openPage(t, server.url, {
        colorScheme,
        viewport: { width, height: 900 },
        bypassCSP: true,
      });
      await status(page, 'live');
      await page.waitForTimeout(1200);
      await shoot(page, name);
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      t.equal(wide, 0, `${name} does not scroll sideways`);
      await page.evaluate(axe);
      for (const state of ['page', 'help']) {
        if (state === 'help') await page.keyboard.press('?');
        const violations = await page.evaluate(async () => {
          // biome-ignore lint/suspicious/noExplicitAny: axe has no types in the page
          const { violations } = await (globalThis as any).axe.run(document);
          return violations.map(
            (violation: { id: string; nodes: { html: string }[] }) =>
              `${violation.id}: ${violation.nodes.map((node) => node.html).join(' ')}`,
          );
        });
        t.same(violations, [], `${name} ${state}`);
      }
      await page.close();
    }
  });
});
