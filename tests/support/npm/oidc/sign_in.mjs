// A company's sign-in: a stock oidc-provider with the pages that it brings for trying it out, where whoever names an
// account has it. Arguments in one JSON: port, client, secret, back, accounts (claims of each).
import Provider from 'oidc-provider';

const { port, client, secret, back, accounts } = JSON.parse(process.argv[2]);
const issuer = `http://localhost:${port}`;
const provider = new Provider(issuer, {
  clients: [{ client_id: client, client_secret: secret, redirect_uris: back, token_endpoint_auth_method: 'client_secret_basic' }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['groups'] },
  conformIdTokenClaims: false,
  features: { devInteractions: { enabled: true } },
  findAccount: (_, id) => accounts[id] && { accountId: id, claims: () => ({ sub: id, ...accounts[id] }) },
  pkce: { required: () => true },
});
provider.on('server_error', (_, error) => console.error(error));
provider.listen(port, '127.0.0.1', () => console.log(`READY ${issuer}`));
