import { element } from './element.js';
import type { Status } from './status.js';

/** Says how what is shown relates to what is: in the badge, over the picture, and to screen readers. */
export function showStatus(status: Status): void {
  element('stage').dataset.status = status.kind;
  element('badge-word').textContent = status.word;
  element('badge-age').textContent = status.age;
  const notice = element('notice');
  notice.hidden = status.notice === undefined;
  setText(notice, status.notice ?? '');
  setText(element('said'), status.said);
}

/** Leaves alone what says it already: a screen reader would say it again. */
function setText(place: HTMLElement, text: string): void {
  if (place.textContent !== text) place.textContent = text;
}
