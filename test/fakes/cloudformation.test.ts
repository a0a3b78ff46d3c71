import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { serveCloudFormation } from './cloudformation.ts'
import { account, admitted, refusedWith } from './verdicts.ts'

describe('the CloudFormation fake', () => {
  const call = async (url: string, Action: string) => {
    const body = new URLSearchParams({ Action, Version: '2010-05-15', StackName: 'Pictures' })
    const answer = await fetch(url, { method: 'POST', body })
    return { status: answer.status, text: await answer.text() }
  }

  it('describes the stacks that there are, and gives back their templates', async () => {
    const cloudformation = await serveCloudFormation({ verify: admitted, region: 'ap-northeast-2' })
    after(cloudformation.close)
    cloudformation.stacks.set('Pictures', '{"Description":"cats & dogs"}')
    const described = await call(cloudformation.url, 'DescribeStacks')
    const stack = `arn:aws:cloudformation:ap-northeast-2:${account}:stack/Pictures/`
    assert.match(described.text, new RegExp(`<StackId>${stack}[0-9a-f-]{36}</StackId>`))
    const template = await call(cloudformation.url, 'GetTemplate')
    assert.match(template.text, /<TemplateBody>\{&quot;Description&quot;:&quot;cats &amp; dogs&quot;\}</)
    assert.deepEqual(
      cloudformation.seen.map((each) => each.call),
      ['DescribeStacks Pictures', 'GetTemplate Pictures'],
    )
  })

  it('says of a stack that there is not what CDK goes by', async () => {
    const cloudformation = await serveCloudFormation({ verify: admitted, region: 'ap-northeast-2' })
    after(cloudformation.close)
    const { status, text } = await call(cloudformation.url, 'DescribeStacks')
    assert.equal(status, 400)
    assert.match(text, /<Code>ValidationError<.*<Message>Stack with id Pictures does not exist</)
  })

  it('refuses expired credentials as CloudFormation does', async () => {
    const verify = refusedWith('REQUEST_CREDENTIAL_EXPIRED')
    const cloudformation = await serveCloudFormation({ verify, region: 'ap-northeast-2' })
    after(cloudformation.close)
    const { status, text } = await call(cloudformation.url, 'DescribeStacks')
    assert.equal(status, 403)
    assert.match(text, /<Code>ExpiredToken</)
    assert.deepEqual(cloudformation.seen, [])
  })
})
