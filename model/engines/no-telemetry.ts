/*
 * ONNX Runtime tells Microsoft of each process and session since 1.29, and keeps an identifier of the machine in the user's cache
 * folder: not with other people's dashcams. It looks once, with getenv, when it is loaded; a worker's `process.env` is a copy that
 * getenv does not see, so the main thread has to import this before it starts the worker. ORT_DISABLE_TELEMETRY=0 has it back.
 */
process.env.ORT_DISABLE_TELEMETRY ??= '1';
