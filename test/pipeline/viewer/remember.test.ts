import type { Page } from 'playwright-core';
import t from 'tap';
import { skipWithoutChromium } from './open-chromium.js';
import { keepShowing, openPage, openServer, status } from './open-page.js';

/** What the page's controls stand at. */
async function choices(page: Page) {
  const [palette, opacity, said, hidden, theme] = await Promise.all([
    page.inputValue('#palette'),
    page.inputValue('#opacity'),
    page.textContent('#opacity-value'),
    page.$$eval('#legend li.off .name', (names) => names.map((name) => name.textContent)),
    page.getAttribute('html', 'data-theme'),
  ]);
  return { palette, opacity, said, hidden, theme };
}

const asItComes = { palette: 'standard', opacity: '50', said: '50 %', hidden: [] as string[], theme: null };

t.test('what a person chose', { skip: skipWithoutChromium, timeout: 120_000 }, async (t) => {
  t.test('is there after a reload, and in another tab', async (t) => {
    const server = await openServer(t);
    keepShowing(t, server);
    const { page, complaints } = await openPage(t, server.url);
    await status(page, 'live');
    t.same(await choices(page), asItComes);
    await page.locator('#palette').selectOption('colour-blind safe');
    await page.locator('#opacity').fill('40');
    await page.locator('#stage').focus();
    await page.keyboard.press('-');
    await page.keyboard.press('Digit1');
    await page.keyboard.press('t');
    const chosen = { palette: 'colour-blind safe', opacity: '35', said: '35 %', hidden: ['sky'], theme: 'dark' };
    t.same(await choices(page), chosen);
    await page.reload();
    await status(page, 'live');
    t.same(await choices(page), chosen);
    const other = await page.context().newPage();
    await other.goto(server.url);
    await status(other, 'live');
    t.same(await choices(other), chosen);
    await other.keyboard.press('a');
    await page.reload();
    await status(page, 'live');
    t.same(await choices(page), { ...chosen, hidden: [] });
    t.same(complaints, []);
  });

  t.test('of classes goes by their names, through networks that lack them', async (t) => {
    let server = await openServer(t);
    const { page } = await openPage(t, server.url);
    const serve = async (...names: readonly string[]) => {
      await server.close('Restart');
      const classes = names.map((name) => ({ name, colour: [0, 0, 255] as const }));
      server = await openServer(t, { port: server.port, classes });
      await page.reload();
      await page.waitForSelector(`#legend .name:text-is("${names[0]}")`);
    };
    await page.waitForSelector('#legend .name');
    await page.keyboard.press('Digit2');
    t.same((await choices(page)).hidden, ['road']);
    await serve('road', 'car', 'sky');
    t.same((await choices(page)).hidden, ['road']);
    await serve('tree', 'car');
    t.same((await choices(page)).hidden, []);
    await page.keyboard.press('Digit2');
    await serve('sky', 'road', 'car');
    t.same((await choices(page)).hidden, ['road', 'car']);
  });

  t.test('that makes no sense, or cannot be kept, is passed over', async (t) => {
    const server = await openServer(t);
    keepShowing(t, server);
    const { page, complaints } = await openPage(t, server.url);
    for (const nonsense of [
      { palette: 'toString', opacity: 'much', hidden: '{"road":1}', theme: 'purple', detail: '__proto__' },
      { palette: '', opacity: '', hidden: '[1, null', theme: '', detail: '' },
      { palette: 'of old', opacity: '-5', hidden: '"road"', theme: 'LIGHT', detail: '0' },
    ]) {
      await page.evaluate((values) => Object.assign(localStorage, values), nonsense);
      await page.reload();
      await status(page, 'live');
      t.same(await choices(page), asItComes);
      t.equal(await page.inputValue('#detail'), 'picture');
    }
    await page.context().addInitScript(() => {
      const refuse = () => {
        throw new DOMException('Access is denied', 'SecurityError');
      };
      Object.defineProperty(window, 'localStorage', { get: refuse });
    });
    await page.reload();
    await status(page, 'live');
    await page.locator('#palette').selectOption('colour-blind safe');
    await page.locator('#detail').selectOption('small');
    await page.locator('#opacity').fill('40');
    await page.getByRole('button', { name: 'Solo road' }).click();
    await page.click('#theme');
    const chosen = { palette: 'colour-blind safe', opacity: '40', said: '40 %', hidden: ['sky'], theme: 'dark' };
    t.same(await choices(page), chosen);
    t.same(complaints, []);
  });
});
