import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { makeTemporaryFolder } from './make-folder.js';

/** Called with bytes as they arrive, in a buffer that the next ones overwrite. Returns false to get no more until `resume`. */
export type TakeBytes = (bytes: Uint8Array) => boolean;

/** Our end of a pipe to which a child process writes. */
export interface Inlet {
  /** For the child's `stdio`. */
  readonly stdio: Socket | 'pipe';
  /** To be called once the child runs, with the child's own stream at this place of its `stdio`. */
  start(own: Readable | null | undefined): void;
  resume(): void;
  /** Resolves when everything has been read, or nothing more will be. */
  readonly ended: Promise<void>;
  destroy(): void;
}

/** About as much as the system buffers for a socket. */
const BUFFER_BYTES = 256 * 1024;

/**
 * Opens an inlet. Node reads the pipes that it makes for a child into 64 KiB of new memory each time, which the garbage
 * collector does not count: a route of 1920x1080 pictures had a gigabyte of it. A socket that Node itself connects can
 * read into one buffer for good. The child therefore gets the far end of a pair of sockets, whose name is removed as
 * soon as they are connected, in a folder that nobody else can enter. Windows, where a child cannot be given a socket,
 * gets Node's own pipe.
 *
 * @param take Called with all bytes. What it throws is passed to `onError`, and nothing more is read.
 */
export async function openInlet(take: TakeBytes, onError: (error: unknown) => void): Promise<Inlet> {
  const guarded: TakeBytes = (bytes) => {
    try {
      return take(bytes);
    } catch (error) {
      onError(error);
      return false;
    }
  };
  if (process.platform === 'win32') return openPipe(guarded);
  const { near, far } = await openSockets(guarded);
  const ended = new Promise<void>((resolve) => near.once('close', () => resolve()));
  return {
    stdio: far,
    // The child has its own descriptor now; while ours is open the end would never come.
    start: () => far.destroy(),
    resume: () => void near.resume(),
    ended,
    destroy() {
      far.destroy();
      near.destroy();
    },
  };
}

/**
 * Returns a folder for sockets, whose names have at most 107 bytes, on macOS 103: the system's own folder if the name
 * of the temporary one is long.
 */
function folderForSockets(): string {
  return Buffer.byteLength(tmpdir()) < 80 ? tmpdir() : '/tmp';
}

async function openSockets(take: TakeBytes): Promise<{ readonly near: Socket; readonly far: Socket }> {
  const folder = await makeTemporaryFolder('segnet-', folderForSockets());
  const path = join(folder, 's');
  const server = createServer({ pauseOnConnect: true });
  try {
    server.listen(path);
    await once(server, 'listening');
    const connected = once(server, 'connection') as Promise<[Socket]>;
    const onread = {
      buffer: new Uint8Array(BUFFER_BYTES),
      callback: (count: number, buffer: Uint8Array) => take(buffer.subarray(0, count)),
    };
    const near = connect({ path, onread });
    const [[far]] = await Promise.all([connected, once(near, 'connect')]);
    // How the process ends tells what went wrong with it.
    near.on('error', () => {});
    far.on('error', () => {});
    return { near, far };
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function openPipe(take: TakeBytes): Inlet {
  let pipe: Readable | undefined;
  let end: () => void;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return {
    stdio: 'pipe',
    start(own) {
      pipe = own ?? undefined;
      pipe?.on('data', (bytes: Uint8Array) => {
        if (!take(bytes)) pipe!.pause();
      });
      pipe?.on('error', () => {});
      pipe?.once('close', () => end());
    },
    resume: () => void pipe?.resume(),
    ended,
    destroy() {
      pipe?.destroy();
      end();
    },
  };
}
