/** Inflates a mask, off the main thread, in browsers and Node. @throws if the bytes are not deflated or not `length` long. */
export async function inflateMask(data: Uint8Array, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([data as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream('deflate-raw'));
  const mask = new Uint8Array(length);
  const reader = stream.getReader();
  let filled = 0;
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    // Data beyond the announced length is refused before it is stored.
    if (filled + chunk.value.length > length) {
      await reader.cancel();
      throw new RangeError(`Expected a mask of ${length} bytes, got more`);
    }
    mask.set(chunk.value, filled);
    filled += chunk.value.length;
  }
  if (filled < length) throw new RangeError(`Expected a mask of ${length} bytes, got ${filled}`);
  return mask;
}
