/** Why a collector did not take something, in one line of at most 200 characters. */
export function failureReason(error: (Error & { readonly code?: unknown }) | undefined): string {
  if (!error) return 'the collector refused them';
  const text = error.message || String(error.code ?? error.name);
  return text.split('\n', 1)[0]?.slice(0, 200) ?? '';
}
