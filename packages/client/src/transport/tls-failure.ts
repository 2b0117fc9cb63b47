const wrongCa = 'its certificate is from a CA that is not known here';
const refused = 'it refused our certificate';

/** What a connection that showed our certificate may have ended for before it brought a reply. A server on Node sends no alert. */
export const maybeRefused = 'the server may have refused our certificate';

/** The meaning of OpenSSL's and Node's codes, for operators. */
const meanings: readonly (readonly [pattern: RegExp, meaning: string])[] = [
  [/^CERT_HAS_EXPIRED$/, 'its certificate has expired'],
  [/^CERT_NOT_YET_VALID$/, 'its certificate is not valid yet'],
  [/^CERT_REVOKED$/, 'its certificate was revoked'],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, 'its certificate is for another name'],
  [/^(UNABLE_TO_(VERIFY|GET)|SELF_SIGNED|DEPTH_ZERO|CERT_UNTRUSTED|CERT_SIGNATURE)/, wrongCa],
  [/ALERT_CERTIFICATE_REQUIRED/, 'it wants a certificate of ours'],
  [/ALERT_(BAD_|UNSUPPORTED_)?CERTIFICATE|ALERT_UNKNOWN_CA|ALERT_ACCESS_DENIED/, refused],
  // Servers that speak TLS 1.2 say this where the client has no certificate, too.
  [/ALERT_HANDSHAKE_FAILURE/, 'it has no cipher in common with this client, or wants a certificate of ours'],
  [/UNRECOGNIZED_NAME/, 'it has no certificate for the name that is asked for'],
  [/ALERT_NO_APPLICATION_PROTOCOL/, 'it does not speak the HTTP version that is asked for'],
  [/ALERT_PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/, 'it speaks no TLS version that is safe'],
  [/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/, 'it does not speak TLS'],
];

/**
 * What went wrong in a TLS handshake, in words; none for an error that is not of TLS. With TLS 1.3 a server's
 * refusal comes after the first request was sent, but it reads no request before its handshake is done: whatever
 * has a meaning here was never processed.
 */
export function tlsFailure(code: string): string | undefined {
  return meanings.find(([pattern]) => pattern.test(code))?.[1];
}
