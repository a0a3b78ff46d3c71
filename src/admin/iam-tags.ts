import type { TagDocument } from '../registry/documents.ts'
import type { ListConstraint } from '../wire/aws-parameters.ts'
import { type Constraint, membersOf, type Parameters } from '../wire/aws-parameters.ts'
import { constraints } from './iam-constraints.ts'
import { invalidInput, limitExceeded } from './iam-errors.ts'
import type { IamCall, IamOperation } from './iam-operation.ts'
import { pageOf, pageParameters } from './iam-pages.ts'
import { type KeySource, removedTagKeys, tagKeys } from './iam-target.ts'

const mostTags = 50

/** Something that has tags, and how a call names it. */
export interface Taggable<Document extends { readonly tags?: readonly TagDocument[] }> {
  readonly named: Constraint | ListConstraint
  /** What the caller of an operation on it has to be allowed; `keys` are those that the operation has besides its tags. */
  on(...keys: readonly KeySource[]): IamOperation['target']
  find(call: IamCall): Document
  put(call: IamCall, document: Document): void
}

/**
 * `Tags`, checked before.
 * @throws REQUEST_INPUT when a key is there twice, whatever its letter case, or is one of AWS's own
 */
export function tagsIn(parameters: Parameters): readonly TagDocument[] {
  const tags = membersOf(parameters, 'Tags').map((each) => ({
    key: each.get('Key')!,
    value: each.get('Value')!,
  }))
  if (new Set(tags.map(folded)).size < tags.length)
    throw invalidInput('Duplicate tag keys found. Please note that Tag keys are case insensitive.')
  if (tags.some((tag) => folded(tag).startsWith('aws:')))
    throw invalidInput('Tag keys that begin with aws: are reserved for AWS.')
  return tags
}

/** As answers have them. */
export function tagList(tags: readonly TagDocument[]): { Key: string; Value: string }[] {
  return tags.map(({ key, value }) => ({ Key: key, Value: value }))
}

/** The three operations on the tags of one kind of thing. */
export function tagOperations<Document extends { readonly tags?: readonly TagDocument[] }>(
  thing: Taggable<Document>,
): Readonly<Record<'tag' | 'untag' | 'list', IamOperation>> {
  const { named, on, find, put } = thing
  return {
    tag: {
      wanted: [named, constraints.newTags],
      target: on(tagKeys),
      run(call) {
        const document = find(call)
        put(call, { ...document, tags: merged(document.tags ?? [], tagsIn(call.parameters)) })
      },
    },
    untag: {
      wanted: [named, constraints.tagKeys],
      target: on(removedTagKeys),
      run(call) {
        const document = find(call)
        const gone = new Set(membersOf(call.parameters, 'TagKeys').map((each) => each.get('')!.toLowerCase()))
        put(call, { ...document, tags: document.tags?.filter((tag) => !gone.has(folded(tag))) ?? [] })
      },
    },
    list: {
      wanted: [named, ...pageParameters],
      target: on(),
      run(call) {
        const tags = [...(find(call).tags ?? [])].sort((a, b) => (a.key < b.key ? -1 : 1))
        const { items, rest } = pageOf(tags, ({ key }) => key, call.parameters)
        return { Tags: tagList(items), ...rest }
      },
    },
  }
}

function merged(there: readonly TagDocument[], given: readonly TagDocument[]): readonly TagDocument[] {
  const keys = new Set(given.map(folded))
  const tags = [...there.filter((tag) => !keys.has(folded(tag))), ...given]
  if (tags.length > mostTags) throw limitExceeded('The number of tags has reached the maximum limit.')
  return tags
}

function folded({ key }: TagDocument): string {
  return key.toLowerCase()
}
