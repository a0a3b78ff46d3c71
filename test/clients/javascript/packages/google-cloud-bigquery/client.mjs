import { BigQuery } from '@google-cloud/bigquery'
import { answerLines } from '../answer-lines.mjs'

const bigquery = new BigQuery({ projectId: 'acme' })
const visits = bigquery.dataset('sales').table('visits')

await answerLines(async () => {
  await visits.insert({ id: 1, page: '/' })
  const [rows] = await bigquery.query('SELECT id FROM sales.visits')
  return `read ${rows.length} rows`
})
