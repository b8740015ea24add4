import { redact } from '../../operators/redact.js';

/** A password shorter than this would also blot out ordinary words. */
const SHORTEST = 4;

/**
 * Makes a function that takes secrets out of texts: those that URLs show by their form (`redact`), and the given ones wherever
 * they stand, as they are and as URLs and JSON write them.
 */
export function createScrubber(secrets: readonly string[]): (text: string) => string {
  const forms = secrets
    .filter((secret) => secret.length >= SHORTEST)
    .flatMap((secret) => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]);
  // Longer ones first, so that no secret's end is left behind by one that begins like it.
  const known = [...new Set(forms)].sort((a, b) => b.length - a.length);
  return (text) => known.reduce((clean, secret) => clean.replaceAll(secret, '***'), redact(text));
}

/** The password of a URL, as it is written and as it is meant, up to its first and to its last `@`; none where there is none. */
export function passwordsOf(input: string): string[] {
  const forms = [/^[a-z][a-z0-9+.-]*:\/\/[^/@]*?:([^@]*)@/i, /^[a-z][a-z0-9+.-]*:\/\/[^/@]*?:(.*)@/is];
  const written = forms.flatMap((form) => form.exec(input)?.[1] || []);
  return [...new Set(written.flatMap((password) => [password, unescaped(password)]))];
}

/** A part of a URL as it is meant; as it is written where a bare `%` stands in it. */
export function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
