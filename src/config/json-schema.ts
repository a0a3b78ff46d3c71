import { toJsonSchema } from '@valibot/to-json-schema'
import { fileSchema, source } from './schema.ts'

/**
 * The JSON Schema of mayfly.yaml, as the text of schema/mayfly.schema.json. For the documentation and for tests: nothing at run time
 * imports this file, since the converter is a development dependency.
 */
export function mayflyJsonSchema(sources: readonly string[]): string {
  const { $schema, ...rest } = toJsonSchema(fileSchema, {
    overrideSchema: ({ valibotSchema }) => (valibotSchema === source ? { enum: [...sources] } : undefined),
  })
  return `${JSON.stringify({ $schema, ...rest }, null, 2)}\n`
}
