import type { SignableRequest } from '../../src/wire/sigv4.ts'

/** A request out of text: the request line, headers, an empty line, the body. */
export function requestIn(text: string): SignableRequest & { readonly body: string } {
  const [head = '', body = ''] = text.split('\n\n', 2)
  const [line = '', ...fields] = head.split('\n')
  const [method = '', target = ''] = line.split(' ')
  const [path = '', query = ''] = target.split('?')
  const headers = fields.map((field) => {
    const [name = '', ...value] = field.split(':')
    return [name, value.join(':').trim()] as const
  })
  return { method, path, query, headers, body }
}
