import * as v from 'valibot'
import { MayflyError } from '../errors.ts'
import { type Problem, placed, shown } from '../wire/placed-document.ts'
import { type ExplainUnknown, schemaProblems } from '../wire/schema-problems.ts'
import { type ConfigDocument, mistake } from './document.ts'
import type { Form } from './forms.ts'

/** What the document says, in the schema's types. @throws CONFIG_FIELD as `refuse` does */
export function checked<const Schema extends v.GenericSchema>(
  document: ConfigDocument,
  schema: Schema,
  explain?: ExplainUnknown,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, document.value)
  if (!result.success) throw fieldError(document, schemaProblems(result.issues, explain))
  return result.output
}

/** @throws CONFIG_FIELD, where there is a problem, that tells of each as `file:line: path: why` */
export function refuse(document: ConfigDocument, problems: readonly Problem[]): void {
  if (problems.length) throw fieldError(document, problems)
}

function fieldError(document: ConfigDocument, problems: readonly Problem[]): MayflyError {
  const { file } = document
  const mistakes = placed(document, problems).map((each) => mistake(file, each))
  const count = mistakes.length > 1 ? `${mistakes.length} mistakes: ` : ''
  return new MayflyError('CONFIG_FIELD', {
    message: `${count}${mistakes.join('; ')}`,
    values: { file, mistakes },
  })
}

/** For what is wrong with a variable, or with a setting of a profile. */
export function settingError(place: string, why: string): MayflyError {
  return new MayflyError('CONFIG_FIELD', { message: `${place}: ${why}`, values: { field: place } })
}

/** @throws CONFIG_FIELD naming the setting, where its value has another form */
export function checkSetting(place: string, value: string, { pattern, expected }: Form): void {
  if (!pattern.test(value)) throw settingError(place, `expected ${expected}, got ${shown(value)}`)
}
