import type { LiveFrame } from '../client/live-event.js';

/** Makes the browser save a picture, named after its stream and the time of its frame. */
export function saveSnapshot(picture: Blob, { stream, capturedAt }: LiveFrame): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(picture);
  link.download = `${stream}-${new Date(capturedAt).toISOString().replaceAll(':', '-')}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
