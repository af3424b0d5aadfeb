// SPDX-License-Identifier: GPL-3.0-or-later
// A company's shop: a stock Vendure (which this requires), and what lets a person's token in and shows that person their own.
// Arguments in one JSON: port, issuer, audience, database.
const crypto = require('node:crypto');
const core = require('@vendure/core');

const { port, issuer, audience, database } = JSON.parse(process.argv[2]);
const COMPANY = 'company';
const used = new Set();
let app;

async function claimsOf(token) {
  const [head, body, signature] = token.split('.');
  const read = (part) => JSON.parse(Buffer.from(part, 'base64url'));
  const { keys } = await (await fetch(`${issuer}/jwks`)).json();
  const jwk = keys.find((key) => key.kid === read(head).kid);
  const key = { key: crypto.createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' };
  const good = crypto.verify('sha256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'));
  const claims = read(body);
  if (!good || read(head).alg !== 'ES256' || claims.iss !== issuer || claims.aud !== audience) throw new Error('no token of ours');
  if (claims.exp < Date.now() / 1000) throw new Error('expired');
  if (used.has(claims.jti)) throw new Error('used before');
  used.add(claims.jti);
  return claims;
}

// Customers come to the administration's side for their own orders alone, each with an account that the first visit makes.
let visits = Promise.resolve();
async function atAdministration(ctx, { sub, scope }, mail) {
  if (!scope.split(' ').includes('orders:cancel')) throw new Error('another scope');
  const external = app.get(core.ExternalAuthenticationService);
  const roles = { where: { code: 'own-orders' }, relations: { channels: true } };
  return (await external.findAdministratorUser(ctx, COMPANY, sub)) ?? external.createAdministratorAndUser(ctx, {
    strategy: COMPANY, externalIdentifier: sub, identifier: mail, emailAddress: mail, firstName: sub, lastName: '-',
    roles: await app.get(core.TransactionalConnection).getRepository(ctx, core.Role).find(roles),
  });
}

// A request with a token is that person's, in a session that begins and ends with it.
async function asPerson(apiType, request, response, next) {
  const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/.exec(request.get('authorization') ?? '')?.[1];
  if (!token) return next();
  try {
    const claims = await claimsOf(token);
    const ctx = await app.get(core.RequestContextService).create({ apiType });
    const mail = `${claims.sub}@example.com`;
    if (apiType === 'admin') visits = visits.catch(() => {}).then(() => atAdministration(ctx, claims, mail));
    const user = await (apiType === 'admin' ? visits : app.get(core.UserService).getUserByEmailAddress(ctx, mail, 'customer'));
    if (!user) throw new Error('nobody here');
    const session = await app.get(core.AuthService).createAuthenticatedSessionForUser(ctx, user, COMPANY);
    request.headers.authorization = `Bearer ${session.token}`;
    response.on('close', async () => {
      // Not Vendure's logout: that ends every session of the person, the one in their browser too.
      await app.get(core.TransactionalConnection).getRepository(ctx, core.Session).delete({ token: session.token });
      await app.get(core.ConfigService).authOptions.sessionCacheStrategy.delete(session.token);
    });
    return next();
  } catch (error) {
    return response.status(401).json({ error: error.message });
  }
}

// What such a person reaches at the administration's side: what leads to them.
const OWN = new Map([
  [core.Order, ['customer']], [core.OrderLine, ['order', 'customer']], [core.Payment, ['order', 'customer']],
  [core.Refund, ['payment', 'order', 'customer']], [core.Fulfillment, ['orders', 'customer']],
  [core.OrderHistoryEntry, ['order', 'customer']], [core.OrderModification, ['order', 'customer']],
]);
class OwnOrders extends core.DefaultEntityAccessControlStrategy {
  applyAccessControl(query, entity, { apiType, session }) {
    if (apiType !== 'admin' || session?.authenticationStrategy !== COMPANY || !OWN.has(entity)) return;
    const owner = OWN.get(entity).reduce((from, to) => { query.innerJoin(`${from}.${to}`, `own_${to}`); return `own_${to}`; }, query.alias);
    query.andWhere(`${owner}.emailAddress = :own`, { own: session.user.identifier });
  }
}

const letIn = (side) => ({ route: `${side}-api`, handler: (...request) => asPerson(side, ...request) });
core.bootstrap({
  apiOptions: { hostname: '127.0.0.1', port, adminApiPath: 'admin-api', shopApiPath: 'shop-api', middleware: [letIn('shop'), letIn('admin')] },
  authOptions: {
    tokenMethod: 'bearer', requireVerification: false, entityAccessControlStrategy: new OwnOrders(),
    superadminCredentials: { identifier: 'superadmin', password: 'superadmin' },
  },
  dbConnectionOptions: { type: 'postgres', synchronize: true, logging: false, ...database },
  paymentOptions: { paymentMethodHandlers: [core.dummyPaymentHandler] },
  plugins: [core.DefaultJobQueuePlugin.init({ useDatabaseForBuffer: true })],
}).then((started) => { app = started; console.log('READY'); }).catch((error) => { console.error(error); process.exit(1); });
