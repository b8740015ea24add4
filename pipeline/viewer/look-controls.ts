import type { ClassInfo } from '../client/protocol.js';
import { element } from './element.js';
import { type Colour, PALETTES } from './palettes.js';
import { recall, remember } from './remember.js';

/** Listeners for changes of the look controls. */
export interface LookListeners {
  /** @param opacity 0-1; also called initially. */
  readonly onOpacity: (opacity: number) => void;
  readonly onPalette: () => void;
  readonly onDetail: () => void;
}

/** Controls of how the picture looks: the opacity and palette of its classes, and the picture's detail. All are remembered. */
export class LookControls {
  readonly #opacity = element<HTMLInputElement>('opacity');
  readonly #palette = element<HTMLSelectElement>('palette');
  readonly #detail = element<HTMLSelectElement>('detail');
  readonly #onOpacity: LookListeners['onOpacity'];

  constructor({ onOpacity, onPalette, onDetail }: LookListeners) {
    this.#onOpacity = onOpacity;
    this.#palette.append(...Object.keys(PALETTES).map((name) => new Option(name)));
    for (const [choice, select, onChange] of [
      ['palette', this.#palette, onPalette],
      ['detail', this.#detail, onDetail],
    ] as const) {
      // A later version may no longer offer the remembered choice.
      const isOffered = (value: string): boolean => [...select.options].some((option) => option.value === value);
      select.value = recall(choice, isOffered) ?? select.value;
      select.addEventListener('change', () => {
        remember(choice, select.value);
        onChange();
      });
    }
    this.#opacity.value = recall('opacity', (value) => /^\d{1,3}$/.test(value)) ?? this.#opacity.value;
    this.#opacity.addEventListener('input', () => this.#takeOpacity());
    this.#showOpacity();
  }

  /** The part of frames that is shown as the picture. */
  get part(): 'picture' | 'source' {
    return this.#detail.value as 'picture' | 'source';
  }

  /** The colours of classes, by index. */
  coloursOf(classes: readonly ClassInfo[]): readonly Colour[] {
    return PALETTES[this.#palette.value]!(classes);
  }

  /** @param by Per cent. */
  changeOpacity(by: number): void {
    // The control clamps it to 0 to 100.
    this.#opacity.value = String(Number(this.#opacity.value) + by);
    this.#takeOpacity();
  }

  #takeOpacity(): void {
    remember('opacity', this.#opacity.value);
    this.#showOpacity();
  }

  #showOpacity(): void {
    element('opacity-value').textContent = `${this.#opacity.value} %`;
    this.#onOpacity(Number(this.#opacity.value) / 100);
  }
}
