/*
 * Since 1.29 ONNX Runtime reports each process and session to Microsoft and keeps a machine identifier in the user's cache
 * folder, which other people's dashcam videos must not cause. It reads the variable once, with getenv, when it is loaded; a
 * worker's `process.env` is a copy that getenv does not see, so the main thread has to import this file before it starts the
 * worker. ORT_DISABLE_TELEMETRY=0 turns telemetry on again.
 */
process.env.ORT_DISABLE_TELEMETRY ??= '1';
