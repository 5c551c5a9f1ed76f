// Text as the writer takes it.

const NEAR = { '“': '"', '”': '"', '„': '"', '«': '"', '»': '"', '‘': "'", '’': "'", '‚': ',', '–': '-', '—': '-', '−': '-', '…': '...', 'ß': 'ss', 'æ': 'ae', 'ø': 'o', 'œ': 'oe',
               'Æ': 'AE', 'Ø': 'O', 'Œ': 'OE', 'ł': 'l', 'Ł': 'L', '\t': ' ', '\u00a0': ' ' }

/** The nearest characters of the alphabet: é becomes e, “ becomes ". What has none stays. */
export function fold(text, alphabet) {
  return [...text.normalize('NFC').replace(/\r\n?/g, '\n')].map(c => {
    if (c === '\n' || alphabet.includes(c)) return c
    const near = NEAR[c] ?? c.normalize('NFKD').replace(/\p{M}/gu, '')
    return near && [...near].every(d => alphabet.includes(d)) ? near : c
  }).join('')
}

/** Lines of at most `width` characters, broken at spaces, and within a word that is longer. Line breaks stay. */
export function linesOf(text, width) {
  if (!text.trim()) return []
  return text.trim().split('\n').flatMap(part => {
    const lines = []
    let line = ''
    for (let word of part.split(/ +/).filter(Boolean)) {
      if (line && line.length + 1 + word.length > width) { lines.push(line); line = '' }
      while (word.length > width) { lines.push(word.slice(0, width)); word = word.slice(width) }
      line = line ? `${line} ${word}` : word
    }
    return line || !lines.length ? [...lines, line] : lines
  })
}
