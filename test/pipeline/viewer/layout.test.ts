import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import t from 'tap';
import { skipWithoutChromium } from './open-chromium.js';
import { keepShowing, openPage, openServer, status } from './open-page.js';

const WIDTHS = [360, 768, 1024, 1200, 1440, 1920];
const LONG = 'week/monday/a-long-folder-name/dashcam-2024-05-03T12-00-00.mp4';
const many = Array.from({ length: 12 }, (_, index) =>
  index === 0 ? 'front' : `loading bay camera at the gate of building ${index + 1}`,
);

/** What stands over something else, or out of the screen, of all that is to be seen and used. */
function faults(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const parts = [
      ...document.querySelectorAll<HTMLElement>(
        '.brand, .model, .bar-end button, .streams label, .tools button, .tools select, .tools input, output, .figures dl > div',
      ),
    ].filter((part) => part.offsetParent !== null);
    const strip = document.getElementById('streams')!;
    const slides = strip.scrollWidth > strip.clientWidth;
    const boxes = parts.map((part) => ({
      name: part.id || part.textContent!.trim(),
      box: part.getBoundingClientRect(),
      slides: slides && strip.contains(part),
      isCut: part.scrollWidth > part.clientWidth + 1 && part.matches('button, .streams label, dl > div'),
    }));
    const width = document.documentElement.clientWidth;
    return boxes.flatMap(({ name, box, slides, isCut }, index) => [
      ...(!slides && (box.left < 0 || box.right > width + 0.5) ? [`${name} is off the screen`] : []),
      ...(isCut ? [`${name} is cut`] : []),
      ...boxes
        .slice(index + 1)
        .filter(
          (other) =>
            box.left < other.box.right - 1 &&
            other.box.left < box.right - 1 &&
            box.top < other.box.bottom - 1 &&
            other.box.top < box.bottom - 1,
        )
        .map((other) => `${name} is over ${other.name}`),
    ]);
  });
}

t.test('the page', { skip: skipWithoutChromium, timeout: 120_000 }, async (t) => {
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  for (const streams of [['front'], many]) {
    t.test(`has room for ${streams.length} on every screen`, async (t) => {
      const server = await openServer(t, { streams });
      keepShowing(t, server);
      server.hub.setStatus('front', { state: 'live', epoch: 0, since: 0, file: LONG });
      for (const name of streams.slice(1)) server.hub.setStatus(name, { state: 'reconnecting', epoch: 1, since: 0 });
      const { page } = await openPage(t, server.url, { bypassCSP: true });
      await status(page, 'live');
      await page.evaluate(axe);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        t.same(await faults(page), [], `${width}`);
        const measured = await page.evaluate(() => {
          const root = document.documentElement;
          const height = (selector: string) => document.querySelector(selector)!.getBoundingClientRect().height;
          return { sideways: root.scrollWidth - root.clientWidth, tools: height('.tools'), bar: height('.bar') };
        });
        t.equal(measured.sideways, 0, `${width} does not scroll sideways`);
        if (width >= 1200) t.ok(measured.tools < 50, `the tools are one row at ${width}: ${measured.tools}`);
        if (width < 900) t.ok(measured.bar < 110, `streams are one row at ${width}: ${measured.bar}`);
        const violations = await page.evaluate(async () => {
          // biome-ignore lint/suspicious/noExplicitAny: axe has no types in the page
          const { violations } = await (globalThis as any).axe.run(document);
          return violations.map(({ id }: { id: string }) => id);
        });
        t.same(violations, [], `nothing for axe-core to complain of at ${width}`);
      }
    });
  }

  t.test(
    'shows the picked one of a row that is longer than the screen, and stays where it was scrolled to',
    async (t) => {
      const server = await openServer(t, { streams: many });
      const { page } = await openPage(t, server.url, { viewport: { width: 360, height: 400 } });
      await page.waitForSelector('#streams input:checked');
      await page.evaluate(() => scrollTo(0, 300));
      const scrolled = await page.evaluate(() => scrollY);
      t.ok(scrolled > 0);
      await page.keyboard.press('p');
      const last = page.locator('#streams label:last-child');
      t.ok(await last.locator('input').isChecked());
      const { x, width } = await last.evaluate((label) => label.getBoundingClientRect().toJSON());
      t.ok(x < 360 && x + width > 0, `from ${x} to ${x + width}`);
      t.equal(await page.evaluate(() => scrollY), scrolled);
    },
  );

  t.test('is gone through by Tab in the order of its rows', async (t) => {
    const server = await openServer(t);
    keepShowing(t, server);
    const { page } = await openPage(t, server.url);
    await status(page, 'live');
    await page.keyboard.press('Digit1');
    const order: string[] = [];
    for (let count = 0; count < 12; count++) {
      await page.keyboard.press('Tab');
      order.push(
        await page.evaluate(() => {
          const at = document.activeElement as HTMLInputElement;
          return at.id || at.value || at.className;
        }),
      );
    }
    const bar = ['skip-link', 'front', 'theme', 'help-open'];
    const tools = ['pause', 'snapshot', 'fullscreen', 'opacity', 'detail', 'palette'];
    t.same(order, [...bar, ...tools, 'show-all', 'on']);
  });
});
