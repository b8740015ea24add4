import { redact } from '../../operators/redact.js';

/** Passwords shorter than this are not scrubbed, since ordinary words would be as well. */
const SHORTEST = 4;

/**
 * Creates a function that removes secrets from text: those recognised by their form in URLs (`redact`), and the given ones
 * anywhere, raw and as encoded in URLs and JSON.
 */
export function createScrubber(secrets: readonly string[]): (text: string) => string {
  const forms = secrets
    .filter((secret) => secret.length >= SHORTEST)
    .flatMap((secret) => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]);
  // Longer ones first, so that a shorter secret with the same beginning does not leave the end of a longer one.
  const known = [...new Set(forms)].sort((a, b) => b.length - a.length);
  return (text) => known.reduce((clean, secret) => clean.replaceAll(secret, '***'), redact(text));
}

/** The possible passwords of a URL, encoded and decoded, up to its first and to its last `@`; empty if there is none. */
export function passwordsOf(input: string): string[] {
  const forms = [/^[a-z][a-z0-9+.-]*:\/\/[^/@]*?:([^@]*)@/i, /^[a-z][a-z0-9+.-]*:\/\/[^/@]*?:(.*)@/is];
  const written = forms.flatMap((form) => form.exec(input)?.[1] || []);
  return [...new Set(written.flatMap((password) => [password, unescaped(password)]))];
}

/** Decodes a part of a URL; returns it unchanged if it contains a bare `%`. */
export function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
