import type { FormEvent } from 'react';

/** What a form does when it is submitted: it sends, and not again while that is under way. */
export function submitOnce(sending: { readonly isPending: boolean }, send: () => void): (event: FormEvent) => void {
  return (event) => {
    event.preventDefault();
    if (!sending.isPending) send();
  };
}
