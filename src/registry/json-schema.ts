import { toJsonSchema } from '@valibot/to-json-schema'
import { policy } from './aws-schema.ts'
import { trustSchema } from './schema.ts'

// For scripts and tests: @valibot/to-json-schema is not there at run time.

const policyForms = {
  anyOf: [
    { type: 'string', description: 'The JSON text of a policy, as the AWS CLI prints it.' },
    {
      type: 'object',
      description: 'A file that holds the policy, relative to this one.',
      properties: { file: { type: 'string' } },
      required: ['file'],
      additionalProperties: false,
    },
    { type: 'object', description: 'The policy itself.', required: ['Statement'] },
  ],
} as const

/** The JSON Schema of `trust.yaml`, as published in `schema/trust.schema.json`: what editors complete and check. */
export function trustJsonSchema(): Record<string, unknown> {
  const schema = toJsonSchema(trustSchema, {
    typeMode: 'input',
    ignoreActions: ['raw_check', 'check', 'raw_transform'],
    overrideSchema: ({ valibotSchema }) => (valibotSchema === policy ? (policyForms as never) : undefined),
  })
  return { ...schema, title: 'Mayfly trust file' }
}
