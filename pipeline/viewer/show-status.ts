import { element } from './element.js';
import { describeStatus, describeTitle, type StatusFacts } from './status.js';

/**
 * Shows how current the picture is: in the badge, over the picture, in the tab's title, and for screen readers.
 *
 * @param file The name of the shown file; undefined where the stream's name suffices.
 */
export function showStatus(facts: StatusFacts, file: string | undefined): void {
  const status = describeStatus(facts);
  element('stage').dataset.status = status.kind;
  element('badge-word').textContent = status.word;
  element('badge-age').textContent = status.age;
  setText(element('badge-file'), file ?? '');
  element('badge').title = file ?? '';
  const notice = element('notice');
  notice.hidden = status.notice === undefined;
  setText(notice, status.notice ?? '');
  setText(element('said'), status.said);
  document.title = describeTitle(facts);
}

/** Leaves unchanged text alone, since a screen reader would repeat it. */
function setText(place: HTMLElement, text: string): void {
  if (place.textContent !== text) place.textContent = text;
}
