// A service that reads a table of Google BigQuery with Google's auth library. It knows nothing of credentials.
import { GoogleAuth } from 'google-auth-library'

const auth = new GoogleAuth({ scopes: 'https://www.googleapis.com/auth/bigquery' })
const { data } = await auth.request({
  url: 'https://bigquery.googleapis.com/bigquery/v2/projects/acme/queries',
  method: 'POST',
  data: { query: 'SELECT id, item FROM sales.orders', useLegacySql: false },
})
console.log(`read ${data.totalRows} orders from BigQuery`)
