import type { ClassInfo } from '../client/protocol.js';
import type { Colour } from './palettes.js';
import { recall, remember } from './remember.js';

/** The list of classes, with switches for which are coloured (remembered) and each class's share of the picture. */
export class ClassList {
  readonly #list: HTMLElement;
  readonly #showAll: HTMLButtonElement;
  readonly #onChange: () => void;
  #rows: Row[] = [];
  /** By name, since another network may have other classes or another order. */
  readonly #hidden = new Set(namesIn(recall('hidden')));

  constructor(list: HTMLElement, showAll: HTMLButtonElement, onChange: () => void) {
    this.#list = list;
    this.#showAll = showAll;
    this.#onChange = onChange;
    showAll.addEventListener('click', () => this.showAll());
  }

  /** By class index. */
  get visible(): readonly boolean[] {
    return this.#rows.map((row) => row.checkbox.checked);
  }

  /** Rebuilds the rows only if the names differ, since that loses the focus in them. Classes that the user hid by name stay hidden. */
  setClasses(classes: readonly ClassInfo[]): void {
    const isSame = classes.length === this.#rows.length && classes.every(({ name }, i) => name === this.#rows[i]!.name);
    if (isSame) {
      this.#changed();
      return;
    }
    this.#rows = classes.map(({ name }, index) => {
      const row = makeRow(name);
      row.checkbox.checked = !this.#hidden.has(name);
      row.checkbox.addEventListener('change', () => this.#chosen());
      row.solo.addEventListener('click', () => this.solo(index));
      return row;
    });
    this.#list.replaceChildren(...this.#rows.map((row) => row.item));
    this.#changed();
  }

  setColours(colours: readonly Colour[]): void {
    for (const [index, row] of this.#rows.entries()) {
      const colour = `rgb(${colours[index]?.join(' ') ?? '0 0 0'})`;
      row.swatch.style.background = colour;
      row.fill.style.background = colour;
    }
  }

  /** @param shares 0-1 by class index; empty while nothing is shown. */
  setShares(shares: readonly number[]): void {
    for (const [index, row] of this.#rows.entries()) {
      const share = shares[index] ?? 0;
      const text = shares.length === 0 ? '–' : `${(share * 100).toFixed(1)} %`;
      if (row.share.textContent !== text) row.share.textContent = text;
      row.fill.style.transform = `scaleX(${share})`;
    }
  }

  /** Highlights the class under the cursor. */
  mark(index: number | undefined): void {
    for (const [place, row] of this.#rows.entries()) row.item.classList.toggle('under', place === index);
  }

  toggle(index: number): void {
    const row = this.#rows[index];
    if (!row) return;
    row.checkbox.checked = !row.checkbox.checked;
    this.#chosen();
  }

  /** Shows only one class, or all again if it is already the only one. */
  solo(index: number): void {
    const alone = this.visible.every((shown, place) => shown === (place === index));
    if (alone) {
      this.showAll();
      return;
    }
    for (const [place, row] of this.#rows.entries()) row.checkbox.checked = place === index;
    this.#chosen();
  }

  showAll(): void {
    for (const row of this.#rows) row.checkbox.checked = true;
    this.#chosen();
  }

  /** Remembers the user's choice of hidden classes, together with earlier choices for other classes. */
  #chosen(): void {
    for (const { name, checkbox } of this.#rows) {
      if (checkbox.checked) this.#hidden.delete(name);
      else this.#hidden.add(name);
    }
    remember('hidden', JSON.stringify([...this.#hidden]));
    this.#changed();
  }

  #changed(): void {
    const { visible } = this;
    const shown = visible.filter(Boolean).length;
    for (const row of this.#rows) {
      row.item.classList.toggle('off', !row.checkbox.checked);
      row.solo.setAttribute('aria-pressed', String(shown === 1 && row.checkbox.checked));
    }
    this.#showAll.disabled = shown === visible.length;
    this.#onChange();
  }
}

interface Row {
  readonly name: string;
  readonly item: HTMLLIElement;
  readonly checkbox: HTMLInputElement;
  readonly swatch: HTMLElement;
  readonly share: HTMLElement;
  readonly fill: HTMLElement;
  readonly solo: HTMLButtonElement;
}

/** Parses a JSON list of names; empty if it is malformed. */
function namesIn(text = '[]'): readonly string[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter((name) => typeof name === 'string') : [];
  } catch {
    return [];
  }
}

function makeRow(name: string): Row {
  const item = document.createElement('li');
  const label = document.createElement('label');
  const checkbox = document.createElement('input');
  checkbox.type = 'checkbox';
  // Without it the name would be that of the label, with a share that changes every second.
  checkbox.setAttribute('aria-label', name);
  const swatch = makeSpan('swatch');
  const title = makeSpan('name');
  title.textContent = name;
  const share = makeSpan('share');
  label.append(checkbox, swatch, title, share);
  const solo = document.createElement('button');
  solo.type = 'button';
  solo.textContent = 'Solo';
  solo.setAttribute('aria-label', `Solo ${name}`);
  const track = document.createElement('div');
  track.className = 'track';
  const fill = document.createElement('div');
  fill.className = 'fill';
  track.append(fill);
  item.append(label, solo, track);
  return { name, item, checkbox, swatch, share, fill, solo };
}

function makeSpan(className: string): HTMLSpanElement {
  const span = document.createElement('span');
  span.className = className;
  return span;
}
