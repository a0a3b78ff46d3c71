// An application that stores a picture in S3 and fetches it again. It knows nothing of credentials.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'

const picture = new URL('./cat.svg', import.meta.url)
const s3 = new S3Client()
const where = { Bucket: 'pictures', Key: 'pets/cat.svg' }
const { size } = await stat(picture)
await s3.send(new PutObjectCommand({ ...where, Body: createReadStream(picture), ContentLength: size }))
const { Body } = await s3.send(new GetObjectCommand(where))
console.log(`uploaded pets/cat.svg and fetched it again: ${(await Body.transformToByteArray()).length} bytes`)
