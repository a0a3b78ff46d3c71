import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { answerLines } from './answer-lines.mjs'

// One client each for the whole life of the process, as a service has them.
const sts = new STSClient({ maxAttempts: 1 })
const s3 = new S3Client({ maxAttempts: 1 })

await answerLines(async () => {
  await s3.send(
    new PutObjectCommand({ Bucket: 'pictures', Key: 'heartbeat', Body: new Date().toISOString() }),
  )
  const { Arn } = await sts.send(new GetCallerIdentityCommand())
  return Arn
})
