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

/** The password of a URL, as it is written and as it is meant; none where there is none. */
export function passwordsOf(input: string): string[] {
  const written = /^[a-z][a-z0-9+.-]*:\/\/[^/@\s]*?:([^@\s]*)@/i.exec(input)?.[1];
  if (!written) return [];
  try {
    return [written, decodeURIComponent(written)];
  } catch {
    return [written];
  }
}
