import { BigQuery } from '@google-cloud/bigquery'
import { answerLines } from './answer-lines.mjs'

// One client for the whole life of the process, as a service has it.
const bigquery = new BigQuery({ projectId: 'acme', autoRetry: false })

await answerLines(async () => {
  const [rows] = await bigquery.query('SELECT id FROM sales.orders')
  return rows.length
})
