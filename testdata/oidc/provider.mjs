// An OpenID provider for tests, on loopback: npm's oidc-provider behind routes of
// Entra's shape. It reads its settings as one line of JSON from its standard input,
// answers with one line that says where it is and whom it knows, and ends when that
// input does, so that it cannot outlive the test that started it. All its state is
// in memory. Package auth/oidctest starts it.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

import { exportJWK, generateKeyPair, jwtVerify } from 'jose';
import Provider, { errors } from 'oidc-provider';

const settings = await new Promise((resolve) => {
  createInterface({ input: process.stdin }).once('line', (line) => resolve(JSON.parse(line)));
});
process.stdin.on('end', () => process.exit(0)).resume();

const {
  tenant, seconds, audience, middleAudience, certificateKey, clients: known,
} = settings;
const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const deviceCode = 'urn:ietf:params:oauth:grant-type:device_code';
const oauth = `/${tenant}/oauth2/v2.0`;

// What an API takes. The scopes of Entra's clients begin with the API's name.
const scopesOf = (resource) => [`${resource}/.default`, `${resource}/user_impersonation`, 'fndeck.read', 'fndeck.write'];
const resources = [audience, middleAudience];
const resourceServer = (resource) => ({
  audience: resource,
  scope: scopesOf(resource).join(' '),
  accessTokenFormat: 'jwt',
  accessTokenTTL: seconds,
  jwt: { sign: { alg: 'RS256' } },
});

const server = createServer();
await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
const base = `http://127.0.0.1:${server.address().port}`;
const issuer = `${base}/${tenant}/v2.0`;

const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
const signingKey = { ...await exportJWK(privateKey), alg: 'RS256', use: 'sig' };

const confidential = {
  grant_types: ['client_credentials'], response_types: [], redirect_uris: [],
};
// A native client may use any port of these (RFC 8252 section 7.3).
const loopback = ['127.0.0.1', 'localhost', '[::1]'].flatMap((host) => [`http://${host}`, `http://${host}/`, `http://${host}/callback`]);

const provider = new Provider(issuer, {
  clients: [
    { ...confidential, client_id: known.secret, client_secret: known.secretValue },
    {
      ...confidential,
      client_id: known.certificate,
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'PS256',
      jwks: { keys: [{ ...certificateKey, use: 'sig' }] },
    },
    {
      ...confidential,
      client_id: known.middle,
      client_secret: known.secretValue,
      grant_types: ['client_credentials', jwtBearer],
    },
    {
      client_id: known.native,
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token', deviceCode],
      response_types: ['code'],
      redirect_uris: loopback,
    },
  ],
  jwks: { keys: [signingKey] },
  cookies: { keys: ['cookies of a test'] },
  claims: { openid: ['sub'], profile: ['name', 'preferred_username'] },
  scopes: ['openid', 'offline_access', 'profile'],
  conformIdTokenClaims: false,
  findAccount: (_ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: id, preferred_username: `${id}@${tenant}.test` }),
  }),
  pkce: { required: () => true },
  rotateRefreshToken: true,
  ttl: {
    AccessToken: seconds, ClientCredentials: seconds, IdToken: seconds, DeviceCode: 600, RefreshToken: 24 * 3600, Grant: 24 * 3600, Session: 24 * 3600, Interaction: 3600,
  },
  routes: {
    authorization: `${oauth}/authorize`,
    token: `${oauth}/token`,
    device_authorization: `${oauth}/devicecode`,
    code_verification: `/${tenant}/device`,
    jwks: `/${tenant}/discovery/v2.0/keys`,
    revocation: `${oauth}/revoke`,
  },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: true },
    deviceFlow: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      // Entra's clients name the API by their scopes, not by a parameter.
      defaultResource: (ctx) => {
        const asked = ctx.oidc.params?.scope?.split(' ') ?? [];
        return resources.find((resource) => asked.some((word) => word.startsWith(`${resource}/`))) ?? audience;
      },
      getResourceServerInfo: (_ctx, resource) => {
        if (!resources.includes(resource)) throw new errors.InvalidTarget();
        return resourceServer(resource);
      },
      useGrantedResource: () => true,
    },
  },
});

// On behalf of: an API trades the token that it was called with for one of the next
// API. That token must be meant for it, or anybody's would do.
provider.registerGrantType(jwtBearer, async (ctx) => {
  const { params, client } = ctx.oidc;
  if (params.requested_token_use !== 'on_behalf_of') throw new errors.InvalidRequest('requested_token_use must be on_behalf_of');
  let caller;
  try {
    ({ payload: caller } = await jwtVerify(params.assertion ?? '', publicKey, { issuer, audience: middleAudience }));
  } catch (cause) {
    throw new errors.InvalidGrant(`assertion: ${cause.message}`);
  }
  const scope = (params.scope ?? '').split(' ').filter((word) => scopesOf(audience).includes(word)).join(' ');
  if (!scope) throw new errors.InvalidScope('none of the scopes is known', params.scope);
  const grant = new provider.Grant({ accountId: caller.sub, clientId: client.clientId });
  grant.addResourceScope(audience, scope);
  const token = new provider.AccessToken({
    accountId: caller.sub, client, grantId: await grant.save(), gty: 'jwt_bearer', scope,
  });
  token.resourceServer = new provider.ResourceServer(audience, resourceServer(audience));
  ctx.body = {
    access_token: await token.save(), expires_in: token.expiration, token_type: token.tokenType, scope,
  };
}, ['assertion', 'requested_token_use', 'scope']);

const serve = provider.callback();
server.on('request', (request, response) => {
  const url = new URL(request.url, base);
  if (url.pathname === `/${tenant}/v2.0/.well-known/openid-configuration`) {
    request.url = '/.well-known/openid-configuration'; // the one route that has a fixed place
  }
  // Entra gives a refresh token without being told to ask for consent.
  const { searchParams: asked } = url;
  if (url.pathname === `${oauth}/authorize` && asked.get('scope')?.split(' ').includes('offline_access') && !asked.has('prompt')) {
    asked.set('prompt', 'consent');
    request.url = url.pathname + url.search;
  }
  serve(request, response);
});

process.stdout.write(`${JSON.stringify({ issuer, base })}\n`);
