/**
 * Signs the page in. Nothing is needed if the server requires no token or the page has a session. Otherwise uses the token in
 * the URL's fragment (`#token=...`, which browsers do not send; it is removed), or asks the user.
 *
 * @param onAsk Called before the user is asked.
 */
export async function signIn(dialog: HTMLDialogElement, onAsk: () => void): Promise<void> {
  const fragment = new URLSearchParams(location.hash.slice(1)).get('token');
  if (fragment !== null) history.replaceState(null, '', location.pathname + location.search);
  const { authorised } = (await (await fetch('/session')).json()) as { authorised: boolean };
  if (authorised) return;
  const refusal = fragment === null ? '' : await offer(fragment);
  if (refusal === undefined) return;
  onAsk();
  await ask(dialog, refusal);
}

function ask(dialog: HTMLDialogElement, refusal: string): Promise<void> {
  const form = dialog.querySelector('form')!;
  const input = dialog.querySelector<HTMLInputElement>('#token')!;
  const message = dialog.querySelector('.error')!;
  message.textContent = refusal;
  dialog.showModal();
  return new Promise((resolve) => {
    // The user is asked again when the server forgets its sessions, and earlier listeners must not answer then.
    const asking = new AbortController();
    const { signal } = asking;
    // Without the token there is nothing to see. Browsers do not let a page prevent Escape twice, so the dialog is reopened.
    dialog.addEventListener('close', () => dialog.showModal(), { signal });
    const submit = async (event: Event) => {
      event.preventDefault();
      const answer = await offer(input.value.trim()).catch(() => 'The server does not answer');
      input.value = '';
      message.textContent = answer ?? '';
      if (answer !== undefined) return input.focus();
      asking.abort();
      dialog.close();
      resolve();
    };
    form.addEventListener('submit', submit, { signal });
  });
}

/** Exchanges a token for a cookie that scripts cannot read; returns the reason if it is refused. */
async function offer(token: string): Promise<string | undefined> {
  const response = await fetch('/session', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  return response.ok ? undefined : (await response.text()).trim();
}

/** Renews the page's session while it is open, so that a page on a wall stays signed in. */
export function keepSession(): void {
  setInterval(() => void fetch('/session').catch(() => {}), 3_600_000);
}
