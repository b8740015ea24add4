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
 * Lets the outputs before one that fails keep what they have. Its error alone would unsubscribe from them, which means to them
 * that nothing of what they have written is wanted. Instead the source ends in it, and it comes from there, by way of them all.
 *
 * @param output A step that ends in the error of its source, where that has one.
 * @param failSource Ends the source of the whole route in an error.
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
        // Not `tap(frames)`, which would subscribe to it as well.
        tap({
          next: (frame) => frames.next(frame),
          error: (error) => frames.error(error),
          complete: () => frames.complete(),
        }),
        ignoreElements(),
        // It has gone the way of the frames.
        catchError(() => EMPTY),
      );
      return concat(
        merge(written, others),
        defer(() => (failure === undefined ? EMPTY : throwError(() => failure!.error))),
      );
    });
}
