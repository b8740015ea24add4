/** Asks a disk; resolves with its answer. */
export type AskDisk = <T>(question: () => Promise<T>) => Promise<T>;

/** Asks each question at once. */
export const askAtOnce: AskDisk = (question) => question();

/**
 * Returns a function that asks one thing after another. Node has four threads for files, and masks and JPEGs are encoded in
 * them: with a question from each recording, a disk that no longer answers would hold them all, and with them the live picture.
 */
export function askInTurn(): AskDisk {
  let last: Promise<unknown> = Promise.resolve();
  return (question) => {
    const answer = last.then(question);
    last = answer.catch(() => {});
    return answer;
  };
}
