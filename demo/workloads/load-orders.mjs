// A batch job that loads rows into Google BigQuery and reads them back. It knows nothing of credentials.
import { BigQuery } from '@google-cloud/bigquery'

const orders = [
  { id: 1, item: 'lamp', paid: true },
  { id: 2, item: 'desk', paid: false },
  { id: 3, item: 'chair', paid: true },
]
const bigquery = new BigQuery({ projectId: 'acme' })
await bigquery.dataset('sales').table('orders').insert(orders)
const [rows] = await bigquery.query('SELECT id, item, paid FROM sales.orders')
const items = rows.slice(-orders.length).map((row) => row.item)
console.log(`inserted ${orders.length} rows, read back ${items.join(', ')}`)
