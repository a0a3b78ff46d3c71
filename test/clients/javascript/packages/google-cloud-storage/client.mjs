import { Storage } from '@google-cloud/storage'
import { answerLines } from '../answer-lines.mjs'

const picture = new Storage({ projectId: 'acme' }).bucket('pictures').file('google-cloud-storage.txt')

await answerLines(async () => {
  await picture.save('a picture')
  const [content] = await picture.download()
  return `stored ${content}`
})
