import { BehaviorSubject } from 'rxjs';
import { countShares } from '../../operators/class-shares.js';
import type { LiveEvent, LiveFrame, Want } from '../client/live-event.js';
import type { ClassInfo } from '../client/protocol.js';
import { ClassList } from './class-list.js';
import { element } from './element.js';
import { FiguresPanel } from './figures-panel.js';
import { FrameQueue } from './frame-queue.js';
import { bindKeys } from './key-bindings.js';
import { LookControls } from './look-controls.js';
import { MaskCanvas, type Picture } from './mask-canvas.js';
import type { Colour } from './palettes.js';
import { pointAtClasses } from './point-at-classes.js';
import { saveSnapshot } from './save-snapshot.js';
import { showStatus } from './show-status.js';
import { keepSession } from './sign-in.js';
import { StreamPicker } from './stream-picker.js';
import { startTheme } from './theme.js';
import { describeClose, type Offline, watch } from './watch.js';

const stage = element('stage');
const canvas = element<HTMLCanvasElement>('canvas');
const snapshotButton = element<HTMLButtonElement>('snapshot');
const pauseButton = element<HTMLButtonElement>('pause');
const help = element<HTMLDialogElement>('help');
const maskCanvas = new MaskCanvas(canvas);
const figures = new FiguresPanel();
const wants = new BehaviorSubject<readonly Want[]>([]);

let classes: readonly ClassInfo[] = [];
let colours: readonly Colour[] = [];
/** The server's clock, ms; undefined while unknown. */
let serverNow: () => number | undefined = () => undefined;
let offline: Offline | undefined;
let newest: LiveFrame | undefined;
/** The file of the drawn frame, if the server shows files one after another. */
let file: string | undefined;
let paused = false;

const toggleTheme = startTheme(() => figures.restyle());
const look = new LookControls({
  onOpacity: (opacity) => maskCanvas.setOpacity(opacity),
  onPalette: paint,
  onDetail: subscribe,
});
const queue = new FrameQueue({ isWanted: ({ stream }) => stream === picker.picked?.name && !paused, draw });
const classList = new ClassList(element('legend'), element('show-all'), paint);
const picker = new StreamPicker(element('streams'), (name) => {
  // Who chooses a stream wants to see it.
  if (paused) togglePause();
  canvas.setAttribute('aria-label', `Segmented picture of ${name}`);
  newest = undefined;
  file = undefined;
  queue.clear();
  // Otherwise another camera's picture and statistics would appear under this one's name.
  maskCanvas.clear();
  classList.setShares([]);
  snapshotButton.disabled = true;
  figures.clear();
  subscribe();
});

/** Subscribes to what is watched: nothing in a hidden tab or while paused. */
function subscribe(): void {
  const stream = picker.picked?.name;
  const looking = stream !== undefined && !document.hidden && !paused;
  wants.next(looking ? [{ stream, parts: [look.part, 'mask', 'stats'] }] : []);
  if (!looking) figures.clearServer();
}

function hear(event: LiveEvent): void {
  switch (event.type) {
    case 'open':
      offline = undefined;
      picker.setReachable(true);
      break;
    case 'closed':
      offline = describeClose(event);
      picker.setReachable(false);
      figures.clearServer();
      break;
    case 'hello':
      classes = event.classes;
      serverNow = event.serverNow;
      element('model').textContent = `${event.model.network} · ${event.model.provider} · ${event.model.precision}`;
      classList.setClasses(classes);
      picker.setStreams(event.streams);
      break;
    case 'streams':
      picker.setStreams(event.streams);
      break;
    case 'frame':
      void queue.add(event);
      return;
    case 'stats':
      if (event.stream === picker.picked?.name) figures.showServer(event);
      break;
  }
  tellStatus();
}

function draw(frame: LiveFrame, picture: Picture): void {
  maskCanvas.show(picture);
  // The server may announce the next file before the last pictures of this one are drawn.
  if (frame.epoch === picker.picked?.epoch) file = picker.picked.file;
  else if (frame.epoch !== newest?.epoch) file = undefined;
  newest = frame;
  figures.drawn(frame);
  canvas.dataset.seq = String(frame.seq);
  canvas.dataset.epoch = String(frame.epoch);
  snapshotButton.disabled = false;
}

function paint(): void {
  colours = look.coloursOf(classes);
  classList.setColours(colours);
  maskCanvas.setColours(colours, classList.visible);
}

function tellStatus(): void {
  const now = Date.now();
  const { picked: stream, missing } = picker;
  showStatus({ now, serverNow: serverNow() ?? now, offline, stream, missing, ageMs: newest?.ageMs(), paused }, file);
}

function togglePause(): void {
  paused = !paused;
  pauseButton.classList.toggle('on', paused);
  pauseButton.textContent = paused ? 'Go on' : 'Pause';
  subscribe();
  tellStatus();
}

async function snapshot(): Promise<void> {
  const frame = newest;
  const picture = frame && (await maskCanvas.snapshot());
  if (picture) saveSnapshot(picture, frame);
}

function toggleFullscreen(): void {
  if (document.fullscreenElement) void document.exitFullscreen();
  else if (document.fullscreenEnabled) void stage.requestFullscreen();
}

pauseButton.addEventListener('click', togglePause);
snapshotButton.addEventListener('click', () => void snapshot());
const fullscreenButton = element('fullscreen');
// iPhones have it only for videos.
fullscreenButton.hidden = !document.fullscreenEnabled;
fullscreenButton.addEventListener('click', toggleFullscreen);
canvas.addEventListener('dblclick', toggleFullscreen);
element('theme').addEventListener('click', toggleTheme);
element('help-open').addEventListener('click', () => help.showModal());
document.addEventListener('visibilitychange', subscribe);
bindKeys({
  pause: togglePause,
  snapshot: () => void snapshot(),
  fullscreen: toggleFullscreen,
  changeOpacity: (by) => look.changeOpacity(by),
  toggleClass: (index) => classList.toggle(index),
  soloClass: (index) => classList.solo(index),
  showAll: () => classList.showAll(),
  stepStream: (by) => picker.step(by),
  theme: toggleTheme,
  help: () => help.showModal(),
});
pointAtClasses({
  classAt: (x, y) => maskCanvas.classAt(x, y),
  describe: (index) => classes[index] && { name: classes[index].name, colour: `rgb(${colours[index]!.join(' ')})` },
  onPoint: (index) => classList.mark(index),
});
keepSession();
setInterval(tellStatus, 200);
setInterval(() => {
  figures.tick();
  if (newest?.mask) classList.setShares(countShares(newest.mask, classes.length));
}, 1000);
void watch({
  want: wants,
  onEvent: hear,
  onOffline: (reason) => {
    offline = reason;
  },
});
