/** Names of parameters that hold a secret, and their values: `?token=...`. */
const PARAMETER = /([?&;][^=&;\s]*(?:token|key|pas|pwd|secret|auth|sig)[^=&;\s]*=)[^&;\s'"]+/gi;

/** The same inside a URL, where cameras have them in the path too: `/user=admin_password=...`. In paths of files they are no secrets. */
const PARAMETER_OF_PATH = /([/_][^=&;\s/?]*(?:token|key|pas|pwd|secret|auth|sig)[^=&;\s/?]*=)[^&;\s'"]+/gi;

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
      .replace(/\b[a-z][a-z0-9+.-]*:\/\/\S+/gi, (url) => url.replace(PARAMETER_OF_PATH, '$1***'))
      .replace(PARAMETER, '$1***')
  );
}
