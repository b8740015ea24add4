import { type OperatorFunction, throwError } from 'rxjs';
import type { SegmentedFrame } from '../../operators/frame.js';
export function recordingPath(path: string, _name: string, _count: number): string {
  return path;
}
export function record(
  _path: string,
  _o: { opacity: number; onFile: (f: string) => void },
): OperatorFunction<SegmentedFrame, SegmentedFrame> {
  return () => throwError(() => new Error('later'));
}
