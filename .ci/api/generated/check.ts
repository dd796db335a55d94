// Calls every API of a server with the client that @hey-api/openapi-ts makes of
// docs/openapi.yaml. Usage: node check.js URL ACCESS_KEY
import { constants, publicEncrypt } from 'node:crypto';
import * as api from './client';
import { client } from './client/client.gen';

const [url = '', accessKeyId = ''] = process.argv.slice(2);
client.setConfig({ baseUrl: url });
const headers = { 'Client-Id': 'merchant' };

function must(what: string, holds: boolean, got: unknown) {
  if (!holds) throw new Error(`${what}: ${JSON.stringify(got)}`);
}

async function code(number: string): Promise<string> {
  const answer = await fetch(`${url}/_dev/messages?to=${encodeURIComponent(number)}`);
  return ((await answer.json()) as { code: string }[])[0]!.code;
}

async function main() {
  const init = await api.initCustomerAuthentication({ headers, body: {
    authenticationRequestId: 'ts-1', authenticationMethod: 'OTP', authenticationType: 'SMS',
    identityType: 'MOBILENO', identityValue: '60-123450003',
    env: { language: 'in_ID', timeZoneOffset: -480, browserInfo: {} },
    payment: { amount: '10.50', currency: 'EUR', payee: 'Acme Shop' },
  } });
  if (!init.data || !('actionForm' in init.data)) throw new Error(JSON.stringify(init));
  must('init', init.data.result.resultCode === 'SUCCESS', init.data);
  const again = await api.triggerChallenge({ headers, body: { challengeId: init.data.authenticationId } });
  if (!again.data || !('actionForm' in again.data) || 'challengeKey' in again.data) throw new Error(JSON.stringify(again));
  must('trigger', again.data.actionForm.challengeType === 'sms', again.data);

  const verify = async (authenticationValue: string, amount = '10.50') => (await api.verifyUserAuthentication({ headers, body: {
    authenticationType: 'OTP', authenticationRequestId: 'ts-1', authenticationValue,
    payment: { amount, currency: 'EUR', payee: 'Acme Shop' },
  } })).data!;
  const right = await code('+60123450003');
  const wrong = await verify('0');
  must('wrong', 'isPassed' in wrong && !wrong.isPassed, wrong);
  const other = await verify(right, '99.50');
  must('another payment', 'isPassed' in other && !other.isPassed, other);
  const passed = await verify(right);
  must('right', 'isPassed' in passed && passed.isPassed && passed.result.resultStatus === 'S', passed);
  const used = await verify(right);
  must('used', !('isPassed' in used) && used.result.resultCode === 'AUTHENTICATION_REQUEST_ID_INVALID', used);

  const user = (await api.initUserAuthentication({ headers, body: {
    authenticationType: 'OTP', authenticationRequestId: 'ts-2', authenticationChannelType: 'SMS',
    userIdentityType: 'WALLET_TOKEN', userIdentityValue: '281010033AB2F588D14B43238637264FCA5AAF35xxxx',
  } })).data!;
  must('init of a user', user.result.resultStatus === 'S', user);
  const security = (await api.verifySecurityAuthentication({ headers, body: {
    authenticationRequestId: 'ts-2', authenticationValue: await code('+60123456789'),
  } })).data!;
  must('security', 'isPassed' in security && security.isPassed, security);

  // A password, encrypted to the key of the service.
  const of = { identityType: 'MOBILENO', identityValue: '60-123450003' } as const;
  const seal = (id: string, password: string, key: { publicKey: string }) => publicEncrypt({
    key: `-----BEGIN PUBLIC KEY-----\n${key.publicKey}\n-----END PUBLIC KEY-----\n`,
    padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256',
  }, Buffer.from(`${id}.${password}`)).toString('base64');
  const keyOf = async (challengeId: string) => {
    const answer = (await api.triggerChallenge({ headers, body: { challengeId, authenticationMethod: 'PASSWORD' } })).data;
    if (!answer || !('challengeKey' in answer)) throw new Error(JSON.stringify(answer));
    return answer.challengeKey;
  };
  const again5 = await api.initCustomerAuthentication({ headers, body: {
    ...of, authenticationRequestId: 'ts-5', authenticationMethod: 'OTP', authenticationType: 'SMS',
  } });
  if (!again5.data || !('authenticationId' in again5.data)) throw new Error(JSON.stringify(again5));
  const proof = again5.data.authenticationId;
  const proved = (await api.verifyUserAuthentication({ headers, body: {
    authenticationType: 'OTP', authenticationRequestId: 'ts-5', authenticationValue: await code('+60123450003'),
  } })).data!;
  must('proof', 'isPassed' in proved && proved.isPassed, proved);
  const set = (await api.setPassword({ headers, body: {
    ...of, authenticationId: proof, authenticationType: 'LOGIN',
    passwordValue: seal(proof, 'correct horse', await keyOf(proof)),
  } })).data!;
  must('set a password', set.result.resultStatus === 'S', set);
  const asked = (await api.initCustomerAuthentication({ headers, body: {
    ...of, authenticationRequestId: 'ts-3', authenticationMethod: 'PASSWORD', authenticationType: 'LOGIN',
  } })).data;
  if (!asked || !('authenticationId' in asked)) throw new Error(JSON.stringify(asked));
  const login = (await api.verifySecurityAuthentication({ headers, body: {
    authenticationRequestId: 'ts-3', authenticationId: asked.authenticationId, challengeData: {
      challengeType: 'LOGIN_PASSWORD',
      passwordValue: seal(asked.authenticationId, 'correct horse', await keyOf(asked.authenticationId)),
    },
  } })).data!;
  must('a password', 'isPassed' in login && login.isPassed, login);

  const to = '+60123450004';
  // The key of simple mode is in the query, and is no parameter but a security scheme.
  const as = (action: 'otp.send' | 'otp.verify') => ({
    query: { action }, auth: (scheme: { name?: string }) => scheme.name === 'accessKeyId' ? accessKeyId : undefined,
  });
  const sent = (await api.otp({ ...as('otp.send'), body: { to, digits: 8 } })).data;
  if (!sent || !('id' in sent.data)) throw new Error(JSON.stringify(sent));
  must('otp.send', sent.data.to === to, sent);
  const valid = (await api.otp({ ...as('otp.verify'), body: { to, code: await code(to) } })).data;
  if (!valid || !('valid' in valid.data)) throw new Error(JSON.stringify(valid));
  must('otp.verify', valid.data.valid, valid);
  const refusal = await api.otp({ ...as('otp.send'), body: { to: '+601' } });
  must('refusal', refusal.error?.code === '107111', refusal);
  console.log('the generated client for TypeScript called every API');
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
