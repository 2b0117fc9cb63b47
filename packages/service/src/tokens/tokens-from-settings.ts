import type { Settings } from '../process/settings.ts';
import type { TokenOptions } from './token-options.ts';

/** Tokens as the settings have them, or nothing where they have none. */
export function tokensFromSettings(settings: Settings): TokenOptions | undefined {
  const { tokenIssuer: issuer, tokenJwksUrl, tokenJwksFile: file, tokenAudience: audience } = settings;
  if (!issuer) return undefined;
  const from = (jwks: TokenOptions['jwks']) => ({ issuer, jwks, ...(audience && { audience }) });
  if (tokenJwksUrl) return from(new URL(tokenJwksUrl));
  return file ? from({ file }) : undefined;
}
