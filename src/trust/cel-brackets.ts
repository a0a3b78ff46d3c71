/** Comments and literals of strings and bytes, raw ones and those of three quotes among them. */
const noCode =
  /\/\/[^\n]*|[rR](?:""".*?"""|'''.*?'''|"[^"\n]*"|'[^'\n]*')|"""(?:\\.|[^\\])*?"""|'''(?:\\.|[^\\])*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/gs

/**
 * How deep the brackets of an expression nest. The parser goes down with them by recursion and leaves no trace of most: what
 * it takes on an empty stack it may not take on a fuller one.
 */
export function bracketDepth(text: string): number {
  let depth = 0
  let deepest = 0
  for (const each of text.replace(noCode, '')) {
    if ('([{'.includes(each)) depth += 1
    else if (')]}'.includes(each)) depth -= 1
    deepest = Math.max(deepest, depth)
  }
  return deepest
}
