import { text } from 'node:stream/consumers'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { answerLines } from '../answer-lines.mjs'

const sts = new STSClient()
const s3 = new S3Client()
const picture = { Bucket: 'pictures', Key: 'aws-sdk-3.txt' }

await answerLines(async () => {
  await s3.send(new PutObjectCommand({ ...picture, Body: 'a picture' }))
  const { Body } = await s3.send(new GetObjectCommand(picture))
  const { Arn } = await sts.send(new GetCallerIdentityCommand())
  return `${Arn} stored ${await text(Body)}`
})
