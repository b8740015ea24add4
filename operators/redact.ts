/**
 * Takes the secrets out of a text that may hold URLs: user names and passwords before an `@`, and the values of query
 * parameters whose names speak of a token, key, password or signature. Everything that ffmpeg prints and every input
 * name goes through here before a person or a log sees it.
 */
export function redact(text: string): string {
  return (
    text
      // Up to the last @ of the word, not of the authority: a password with a bare slash in it is no valid URL and must
      // still not be printed.
      .replace(/\b([a-z][a-z0-9+.-]*:\/\/)\S*@/gi, '$1***@')
      .replace(/([?&;][^=&;\s]*(?:token|key|pass|pwd|secret|auth|sig)[^=&;\s]*=)[^&;\s'"]+/gi, '$1***')
  );
}
