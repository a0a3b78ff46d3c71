import AWS from 'aws-sdk'
import { answerLines } from '../answer-lines.mjs'

const sts = new AWS.STS()
const s3 = new AWS.S3()
const picture = { Bucket: 'pictures', Key: 'aws-sdk-2.txt' }

await answerLines(async () => {
  await s3.putObject({ ...picture, Body: 'a picture' }).promise()
  const { Body } = await s3.getObject(picture).promise()
  const { Arn } = await sts.getCallerIdentity().promise()
  return `${Arn} stored ${Body}`
})
