// The AWS Query protocol, as STS and IAM speak it: answers in XML, or in JSON where `Accept` asks for it.

/** A member of an answer. Undefined ones are left out; a list becomes `<member>` elements. */
export type QueryValue =
  | string
  | number
  | boolean
  | undefined
  | readonly QueryValue[]
  | { readonly [name: string]: QueryValue }

/** The members of an answer, in the order in which they are written. */
export type QueryResult = Readonly<Record<string, QueryValue>>

export interface QueryError {
  /** Whose fault it is: the caller's, or ours. */
  readonly type: 'Sender' | 'Receiver'
  readonly code: string
  readonly message: string
  readonly requestId: string
}

/** XML namespace of STS. */
export const stsNamespace = 'https://sts.amazonaws.com/doc/2011-06-15/'
/** XML namespace of IAM. */
export const iamNamespace = 'https://iam.amazonaws.com/doc/2010-05-08/'
/** XML namespace of the error for an operation that does not exist. */
export const faultNamespace = 'http://webservices.amazon.com/AWSFault/2005-15-09'

/** `<{action}Response>` as a text; it goes out as `text/xml`. Some operations have no result. */
export function xmlResponse(
  action: string,
  result: QueryResult | undefined,
  requestId: string,
  namespace: string = stsNamespace,
): string {
  const metadata = element('ResponseMetadata', { RequestId: requestId })
  return `<${action}Response xmlns="${escapeXml(namespace)}">${element(`${action}Result`, result)}${metadata}</${action}Response>`
}

/** `<ErrorResponse>` as a text; it goes out as `text/xml`. */
export function xmlError(error: QueryError, namespace: string = stsNamespace): string {
  const { type, code, message, requestId } = error
  const body = element('Error', { Type: type, Code: code, Message: message })
  return `<ErrorResponse xmlns="${escapeXml(namespace)}">${body}${element('RequestId', requestId)}</ErrorResponse>`
}

/** The same answer in JSON, as STS gives it to `Accept: application/json`. */
export function jsonResponse(action: string, result: QueryResult | undefined, requestId: string): string {
  return JSON.stringify({
    [`${action}Response`]: {
      [`${action}Result`]: result,
      ResponseMetadata: { RequestId: requestId },
    },
  })
}

export function jsonError({ type, code, message, requestId }: QueryError): string {
  return JSON.stringify({ Error: { Code: code, Message: message, Type: type }, RequestId: requestId })
}

function element(name: string, value: QueryValue): string {
  return value === undefined ? '' : `<${name}>${content(value)}</${name}>`
}

function content(value: Exclude<QueryValue, undefined>): string {
  if (typeof value === 'string') return escapeXml(value)
  if (typeof value !== 'object') return String(value)
  if (Array.isArray(value)) return value.map((each) => element('member', each)).join('')
  let members = ''
  for (const name of Object.keys(value)) members += element(name, (value as QueryResult)[name])
  return members
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#xD;',
}

// Besides the five, whatever XML 1.0 cannot hold (§2.2): it becomes U+FFFD.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const special = /[&<>"'\r\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g

const plain = /^[\w :/.,;=+@*()-]*$/

/** A text as the content of an XML element or attribute. */
export function escapeXml(text: string): string {
  // Most texts have nothing to escape, and a search costs less than a replacement.
  if (plain.test(text)) return text
  return text.toWellFormed().replace(special, (each) => entities[each] ?? '\ufffd')
}

/**
 * The text of the first element of that name that holds text alone, decoded; undefined when there is none.
 * Linear in the length of the text. No namespaces, comments or CDATA: STS sends none.
 */
export function readXmlText(xml: string, tag: string): string | undefined {
  const open = `<${tag}`
  const close = `</${tag}`
  let from = 0
  for (let at = xml.indexOf(open); at >= 0; at = xml.indexOf(open, from)) {
    from = at + open.length
    if (!/[\s>]/.test(xml.charAt(from))) continue
    const start = xml.indexOf('>', from) + 1
    from = start > 0 ? xml.indexOf('<', start) : -1
    if (from < 0) return undefined
    if (xml.startsWith(close, from)) return unescapeXml(xml.slice(start, from))
  }
  return undefined
}

const characters: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function unescapeXml(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]{2,4}));/gi, (all, hex, decimal, name) => {
    if (name) return characters[name] ?? all
    const point = hex ? Number.parseInt(hex, 16) : Number(decimal)
    return point <= 0x10ffff ? String.fromCodePoint(point) : '\ufffd'
  })
}
