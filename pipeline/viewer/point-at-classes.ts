import { element } from './element.js';

/** Callbacks for pointing at classes. */
export interface PointingOptions {
  /** The class at a position in the picture, both coordinates 0-1; undefined if there is none. */
  readonly classAt: (x: number, y: number) => number | undefined;
  /** A class's name and CSS colour; undefined for an unknown class. */
  readonly describe: (index: number) => { readonly name: string; readonly colour: string } | undefined;
  /** Called with the class under the cursor, and with undefined when there is none any more. */
  readonly onPoint: (index: number | undefined) => void;
}

/** Shows the name of the class beside the cursor, or where a finger was put, until another is put elsewhere. */
export function pointAtClasses({ classAt, describe, onPoint }: PointingOptions): void {
  const canvas = element<HTMLCanvasElement>('canvas');
  const tip = element('tip');

  function point(event: PointerEvent): void {
    const box = canvas.getBoundingClientRect();
    // The picture is fitted into its box; bars beside or above it belong to no class.
    const scale = Math.min(box.width / canvas.width, box.height / canvas.height);
    const x = (event.clientX - box.left - (box.width - canvas.width * scale) / 2) / (canvas.width * scale);
    const y = (event.clientY - box.top - (box.height - canvas.height * scale) / 2) / (canvas.height * scale);
    const index = classAt(x, y);
    const label = index === undefined ? undefined : describe(index);
    tip.hidden = label === undefined;
    onPoint(index);
    if (!label) return;
    element('tip-name').textContent = label.name;
    element('tip-swatch').style.background = label.colour;
    const around = element('stage').getBoundingClientRect();
    const left = Math.min(event.clientX - around.left + 14, around.width - tip.offsetWidth - 8);
    tip.style.transform = `translate(${left}px, ${Math.max(event.clientY - around.top - 34, 4)}px)`;
  }

  function hide(): void {
    tip.hidden = true;
    onPoint(undefined);
  }

  canvas.addEventListener('pointermove', point);
  canvas.addEventListener('pointerdown', point);
  // A finger that is lifted leaves the picture.
  canvas.addEventListener('pointerleave', ({ pointerType }) => pointerType !== 'touch' && hide());
  document.addEventListener('pointerdown', ({ target }) => target !== canvas && hide());
}
