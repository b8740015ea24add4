import {
  catchError,
  concat,
  defer,
  EMPTY,
  ignoreElements,
  type MonoTypeOperatorFunction,
  merge,
  Subject,
  tap,
  throwError,
} from 'rxjs';

/**
 * Lets the outputs before a failing one finish and keep their files. An error alone would unsubscribe from them, which
 * tells them to remove what they have written. Instead the source of the route is ended with the error, which then
 * reaches every output.
 *
 * @param output A step that passes on its source's error.
 * @param failSource Ends the source of the whole route with an error.
 */
export function letOthersFinish<T>(
  output: MonoTypeOperatorFunction<T>,
  failSource: (error: unknown) => void,
): MonoTypeOperatorFunction<T> {
  return (source) =>
    defer(() => {
      let failure: { readonly error: unknown } | undefined;
      const frames = new Subject<T>();
      const written = frames.pipe(
        output,
        catchError((error: unknown) => {
          failure = { error };
          failSource(error);
          return EMPTY;
        }),
      );
      const others = source.pipe(
        // Not `tap(frames)`, which would also subscribe to `frames`.
        tap({
          next: (frame) => frames.next(frame),
          error: (error) => frames.error(error),
          complete: () => frames.complete(),
        }),
        ignoreElements(),
        // The error has already gone through `frames`.
        catchError(() => EMPTY),
      );
      return concat(
        merge(written, others),
        defer(() => (failure === undefined ? EMPTY : throwError(() => failure!.error))),
      );
    });
}
