// Drives Unimatrix's SDK for Node: one call a process, its outcome as one line of JSON.
const { UniClient } = require('uni-sdk')

async function call(action, params) {
  const { KEY_ID: accessKeyId, KEY_SECRET: accessKeySecret, ENDPOINT: endpoint } = process.env
  // docs
  const client = new UniClient({ accessKeyId, accessKeySecret, endpoint })
  // docs
  try {
    const { data, valid, requestId } = await client.otp[action](params)
    return { data, valid, requestId }
  } catch (e) {
    return { error: `[${e.code}] ${e.message}`, requestId: e.requestId }
  }
}

const [action, params] = process.argv.slice(2)
const version = async () => ({ version: require('uni-sdk/package.json').version })
const outcome = action === 'version' ? version() : call(action, JSON.parse(params))
outcome.then((o) => console.log(JSON.stringify(o)))
