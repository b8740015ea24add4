/** `segnet-stream/client`: watches a `segnet-stream serve` from Node or a browser. */
export { ConnectionRefused, type ConnectOptions, connect } from './connect.js';
export { type Codec, type EncodedPart, type FramePacket, packFrame, unpackFrame } from './frame-packet.js';
export type { ConnectionEvent, HelloEvent, LiveEvent, LiveFrame, Want } from './live-event.js';
export * from './protocol.js';
