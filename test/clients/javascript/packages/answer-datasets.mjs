import { answerLines } from './answer-lines.mjs'

const url = 'https://bigquery.googleapis.com/bigquery/v2/projects/acme/datasets'

/** Lists the datasets of a project by a bare authorised GET, with one client for the life of the process. */
export async function answerDatasets(auth) {
  let client
  await answerLines(async () => {
    client ??= await auth.getClient()
    const { data } = await client.request({ url })
    return `datasets ${(data.datasets ?? []).map(({ datasetReference }) => datasetReference.datasetId).join(', ')}`
  })
}
