// A company's authorization server with token exchange (RFC 8693): a stock oidc-provider; the grant is the only code of
// ours, as its documentation shows how to add one. Arguments in one JSON: port, jwks, secret, users, systems.
import * as jose from 'jose';
import Provider, { errors } from 'oidc-provider';

const { port, jwks, secret, users, systems } = JSON.parse(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const JWT = 'urn:ietf:params:oauth:token-type:jwt';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const { privateKey } = await jose.generateKeyPair('ES256', { extractable: true });
const vouching = jose.createLocalJWKSet(jwks);
const used = new Set();
const words = (text) => new Set((text ?? '').split(' ').filter(Boolean));
const client = (id) => ({
  client_id: id, client_secret: secret, grant_types: [EXCHANGE], redirect_uris: [], response_types: [],
  token_endpoint_auth_method: 'client_secret_basic', id_token_signed_response_alg: 'ES256',
});
const server = (system) => ({
  scope: systems[system], audience: system, accessTokenFormat: 'jwt', accessTokenTTL: 60, jwt: { sign: { alg: 'ES256' } },
});

const provider = new Provider(issuer, {
  clients: [client('leverframe'), client('another-program')],
  jwks: { keys: [{ ...(await jose.exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: 'server' }] },
  scopes: [...new Set(Object.values(systems).flatMap((scope) => [...words(scope)]))],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true, defaultResource: () => undefined, useGrantedResource: () => true,
      getResourceServerInfo: (_, system) => server(system),
    },
  },
  extraTokenClaims: (ctx) => ctx.oidc.vouched && {
    act: { sub: ctx.oidc.client.clientId }, action_id: ctx.oidc.vouched.action_id, call: ctx.oidc.vouched.call,
  },
});

provider.registerGrantType(EXCHANGE, async (ctx) => {
  const { params, client: asking } = ctx.oidc;
  if (params.subject_token_type !== JWT) throw new errors.InvalidRequest('a JWT is expected');
  let vouched;
  try {
    ({ payload: vouched } = await jose.jwtVerify(params.subject_token, vouching, {
      issuer: asking.clientId, audience: issuer, maxTokenAge: 120, algorithms: ['ES256'],
      requiredClaims: ['sub', 'exp', 'jti', 'may_act', 'resource', 'scope'],
    }));
  } catch (error) {
    throw new errors.InvalidGrant('subject token', error.message);
  }
  if (vouched.may_act.sub !== asking.clientId) throw new errors.InvalidGrant('may_act');
  if (used.has(vouched.jti)) throw new errors.InvalidGrant('used before');
  used.add(vouched.jti);
  if (!users.includes(vouched.sub)) throw new errors.InvalidGrant('nobody here');
  const system = params.resource ?? params.audience;
  if (!systems[system] || system !== vouched.resource) throw new errors.InvalidTarget();
  const asked = words(params.scope);
  const allowed = [words(systems[system]), words(vouched.scope)];
  if (!asked.size || ![...asked].every((one) => allowed.every((some) => some.has(one)))) {
    throw new errors.InvalidScope('not of this user, or not there', params.scope);
  }
  ctx.oidc.vouched = vouched;
  const scope = [...asked].join(' ');
  const token = new provider.AccessToken({ accountId: vouched.sub, client: asking, gty: 'token_exchange', scope });
  token.resourceServer = new provider.ResourceServer(system, server(system));
  ctx.oidc.entity('AccessToken', token);
  ctx.body = {
    access_token: await token.save(), issued_token_type: ACCESS_TOKEN, token_type: 'Bearer',
    expires_in: token.expiration, scope,
  };
  console.log(`EXCHANGED ${vouched.sub} ${system} ${vouched.call}`);
}, ['subject_token', 'subject_token_type', 'requested_token_type', 'resource', 'audience', 'scope']);
provider.on('server_error', (_, error) => console.error(error));
provider.listen(port, '127.0.0.1', () => console.log(`READY ${issuer}`));
