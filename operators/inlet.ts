import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { makeTemporaryFolder } from './make-folder.js';

/** Takes bytes as they come; they are in a buffer that the next ones overwrite. False: no more until `resume`. */
export type TakeBytes = (bytes: Uint8Array) => boolean;

/** An end of a pipe of which a child process has the other. */
export interface Inlet {
  /** For the child's `stdio`. */
  readonly stdio: Socket | 'pipe';
  /** Once the child runs; `own` is what stands in its `stdio` at this place. */
  start(own: Readable | null | undefined): void;
  resume(): void;
  /** Resolves when everything was read, or nothing more will be. */
  readonly ended: Promise<void>;
  destroy(): void;
}

/** About what the system holds for a socket. */
const BUFFER_BYTES = 256 * 1024;

/**
 * Opens one. Node reads the pipes that it makes for a child into 64 KiB of new memory each time, of which the garbage
 * collector is not told: a route of 1920x1080 pictures had a gigabyte of it. A socket that Node connects itself reads into
 * one buffer for good. So the child gets the far end of a pair of sockets, by a name that is gone as soon as they are connected,
 * in a folder that nobody else can enter. Windows, where a child cannot be given one, has a pipe of Node's.
 *
 * @param take Called for all that comes. What it throws ends in `onError`, and nothing more is read.
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
    // The child has its own descriptor now; with ours open the end would never come.
    start: () => far.destroy(),
    resume: () => void near.resume(),
    ended,
    destroy() {
      far.destroy();
      near.destroy();
    },
  };
}

/** The name of a socket has 107 bytes at most, on macOS 103: where the temporary folder's is long, the system's own takes its place. */
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
    // What goes wrong with it is told by how the process ends.
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
