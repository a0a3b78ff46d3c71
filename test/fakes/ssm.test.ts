import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { serveSsm } from './ssm.ts'
import { account, admitted, refusedWith } from './verdicts.ts'

describe('the Parameter Store fake', () => {
  const get = async (url: string, Name: string) => {
    const headers = { 'x-amz-target': 'AmazonSSM.GetParameter', 'content-type': 'application/x-amz-json-1.1' }
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify({ Name }), headers })
    return { status: answer.status, json: (await answer.json()) as unknown }
  }

  it('answers a parameter, and says which there is not', async () => {
    const ssm = await serveSsm({ verify: admitted, region: 'ap-northeast-2' })
    after(ssm.close)
    ssm.parameters.set('/cdk/version', '21')
    const ARN = `arn:aws:ssm:ap-northeast-2:${account}:parameter/cdk/version`
    const found = { status: 200, json: { Parameter: { ARN, Value: '21' } } }
    assert.partialDeepStrictEqual(await get(ssm.url, '/cdk/version'), found)
    assert.deepEqual(await get(ssm.url, '/no'), { status: 400, json: { __type: 'ParameterNotFound' } })
  })

  it('refuses expired credentials as Systems Manager does', async () => {
    const ssm = await serveSsm({
      verify: refusedWith('REQUEST_CREDENTIAL_EXPIRED'),
      region: 'ap-northeast-2',
    })
    after(ssm.close)
    const refused = { status: 400, json: { __type: 'ExpiredTokenException' } }
    assert.partialDeepStrictEqual(await get(ssm.url, '/cdk/version'), refused)
    assert.equal(ssm.turnedAway[0]?.code, 'REQUEST_CREDENTIAL_EXPIRED')
  })
})
