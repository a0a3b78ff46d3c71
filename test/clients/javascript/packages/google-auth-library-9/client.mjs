import { GoogleAuth } from 'google-auth-library'
import { answerDatasets } from '../answer-datasets.mjs'

await answerDatasets(new GoogleAuth({ scopes: 'https://www.googleapis.com/auth/bigquery' }))
