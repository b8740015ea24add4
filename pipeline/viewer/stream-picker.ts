import type { StreamInfo } from '../client/protocol.js';

/**
 * The row of streams to choose from, each with its state. The choice is in the URL (`?stream=front`), which can be shared and
 * bookmarked and has a history. The fragment is already used by the token and the skip link.
 */
export class StreamPicker {
  readonly #box: HTMLElement;
  readonly #onPick: (name: string) => void;
  #streams: readonly StreamInfo[] = [];
  #picked: string | undefined;
  /** The stream that the URL or the user asks for, whether or not it exists. */
  #wanted = streamInAddress();

  constructor(box: HTMLElement, onPick: (name: string) => void) {
    this.#box = box;
    this.#onPick = onPick;
    addEventListener('popstate', () => {
      this.#wanted = streamInAddress() ?? this.#streams[0]?.name;
      this.#settle();
    });
  }

  /** The server's latest information about the picked stream. */
  get picked(): StreamInfo | undefined {
    return this.#named(this.#picked);
  }

  /** The requested name, if the server has no such stream. */
  get missing(): string | undefined {
    return this.#streams.length === 0 || this.#named(this.#wanted) ? undefined : this.#wanted;
  }

  /** Updates the list. Picks the wanted stream, or the first one if the list has neither that nor the picked one. */
  setStreams(streams: readonly StreamInfo[]): void {
    const same = streams.map((s) => s.name).join('\n') === this.#streams.map((s) => s.name).join('\n');
    this.#streams = streams;
    if (!same) this.#box.replaceChildren(...streams.map((stream) => this.#makeOption(stream)));
    for (const [index, { state, error }] of streams.entries()) {
      const option = this.#box.children[index] as HTMLElement;
      option.dataset.state = state;
      option.title = error ?? state;
      option.querySelector('.state')!.textContent = state === 'live' ? '' : `(${state})`;
    }
    this.#settle();
  }

  /** False while disconnected, when the streams' states are out of date. */
  setReachable(isReachable: boolean): void {
    this.#box.classList.toggle('unreachable', !isReachable);
  }

  /** @param by 1 for the next stream, -1 for the previous one. */
  step(by: number): void {
    const index = this.#streams.findIndex((stream) => stream.name === this.#picked);
    const next = this.#streams.at((index + by) % this.#streams.length);
    // Picking the only stream again would blank its picture until the next frame.
    if (next && next.name !== this.#picked) this.#pick(next.name);
  }

  #pick(name: string): void {
    this.#wanted = name;
    try {
      history.pushState(null, '', `?${new URLSearchParams({ stream: name })}`);
    } catch {
      // Safari allows a hundred calls in half a minute, which a key held down exceeds.
    }
    this.#settle();
  }

  #settle(): void {
    const next = this.#named(this.#wanted) ?? this.picked ?? this.#streams[0];
    for (const input of this.#box.querySelectorAll('input')) input.checked = input.value === next?.name;
    if (!next || next.name === this.#picked) return;
    this.#picked = next.name;
    this.#slideTo(next);
    this.#onPick(next.name);
  }

  /** Scrolls the row to a stream. `scrollIntoView` would scroll the page as well. */
  #slideTo({ name }: StreamInfo): void {
    const option = this.#box.children[this.#streams.findIndex((stream) => stream.name === name)] as HTMLElement;
    this.#box.scrollLeft = option.offsetLeft - (this.#box.clientWidth - option.offsetWidth) / 2;
  }

  #named(name: string | undefined): StreamInfo | undefined {
    return this.#streams.find((stream) => stream.name === name);
  }

  #makeOption({ name }: StreamInfo): HTMLLabelElement {
    const label = document.createElement('label');
    const input = document.createElement('input');
    input.type = 'radio';
    input.name = 'stream';
    input.value = name;
    input.addEventListener('change', () => this.#pick(name));
    // A click on the one that is shown in place of a missing one accepts it.
    input.addEventListener('click', () => {
      if (this.missing !== undefined) this.#pick(name);
    });
    const dot = document.createElement('span');
    dot.className = 'dot';
    dot.setAttribute('aria-hidden', 'true');
    const state = document.createElement('span');
    state.className = 'state';
    label.append(input, dot, document.createTextNode(name), state);
    return label;
  }
}

function streamInAddress(): string | undefined {
  return new URLSearchParams(location.search).get('stream') ?? undefined;
}
