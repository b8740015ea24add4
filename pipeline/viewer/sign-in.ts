/**
 * Makes sure that the server lets this page in: at once where it asks for no token or knows the page already, else by the token
 * in the address's fragment (`#token=...`, which browsers send nowhere; it is wiped), else by asking the person.
 */
export async function signIn(dialog: HTMLDialogElement): Promise<void> {
  const fragment = new URLSearchParams(location.hash.slice(1)).get('token');
  if (fragment !== null) history.replaceState(null, '', location.pathname);
  const { authorised } = (await (await fetch('/session')).json()) as { authorised: boolean };
  if (authorised || (fragment !== null && (await offer(fragment)) === undefined)) return;
  await ask(dialog);
}

function ask(dialog: HTMLDialogElement): Promise<void> {
  const form = dialog.querySelector('form')!;
  const input = dialog.querySelector<HTMLInputElement>('#token')!;
  const message = dialog.querySelector('.error')!;
  dialog.showModal();
  return new Promise((resolve) => {
    // It is asked again when the server forgets its sessions: listeners of before would answer too.
    const asking = new AbortController();
    const { signal } = asking;
    dialog.addEventListener('cancel', (event) => event.preventDefault(), { signal });
    const submit = async (event: Event) => {
      event.preventDefault();
      const refusal = await offer(input.value).catch(() => 'The server does not answer');
      input.value = '';
      message.textContent = refusal ?? '';
      if (refusal !== undefined) return input.focus();
      asking.abort();
      dialog.close();
      resolve();
    };
    form.addEventListener('submit', submit, { signal });
  });
}

/** Offers a token for a cookie that scripts cannot read; says why where it is refused. */
async function offer(token: string): Promise<string | undefined> {
  const response = await fetch('/session', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  return response.ok ? undefined : (await response.text()).trim();
}
