import { join } from 'node:path'
import { checkout } from '../fakes/run.ts'
import type { Language } from './client.ts'

/** Where a language's packages are installed and its programs built, once per clone. */
export const preparedFor = (language: Language) => join(checkout, '.setup', 'clients', language)
