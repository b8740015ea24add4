/** Parameters whose names say that they hold a secret, with their values: `?token=...`. */
const PARAMETER = /([?&;][^=&;\s]*(?:token|key|pas|pwd|secret|auth|sig)[^=&;\s]*=)[^&;\s'"]+/gi;

/**
 * The same in the path of a URL, where some cameras have them: `/user=admin_password=...`. In paths of files they are
 * not secrets.
 */
const PARAMETER_OF_PATH = /([/_][^=&;\s/?]*(?:token|key|pas|pwd|secret|auth|sig)[^=&;\s/?]*=)[^&;\s'"]+/gi;

/**
 * Removes the secrets from a text that may contain URLs: user names and passwords before an `@`, and the values of
 * query parameters whose names speak of a token, key, password or signature. Everything that ffmpeg prints and every
 * input name goes through here before a person or a log sees it.
 */
export function redact(text: string): string {
  return (
    text
      // Up to the last @ of the word, not of the authority: a password that contains a slash makes the URL invalid, and
      // must still not be printed.
      .replace(/\b([a-z][a-z0-9+.-]*:\/\/)\S*@/gi, '$1***@')
      .replace(/\b[a-z][a-z0-9+.-]*:\/\/\S+/gi, (url) => url.replace(PARAMETER_OF_PATH, '$1***'))
      .replace(PARAMETER, '$1***')
  );
}
