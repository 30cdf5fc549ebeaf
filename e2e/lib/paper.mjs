// A paper as others see it: a PDF reader's judgement of its signature, and the code a phone reads from it.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Writes the PDF into a directory of its own and returns its path. */
export function keep (bytes, name = 'paper.pdf') {
  const path = join(mkdtempSync(join(tmpdir(), 'yakuba-paper-')), name)
  writeFileSync(path, bytes)
  return path
}

/** What poppler's pdfsig says. */
export function pdfsig (path) {
  const { stdout, stderr } = spawnSync('pdfsig', [path], { encoding: 'utf8' })
  return stdout + stderr
}

/** The text of the paper, as a screen reader or a search finds it. */
export function text (path) {
  return execFileSync('pdftotext', ['-layout', path, '-'], { encoding: 'utf8' })
}

/** What the QR codes of page `page` say, read from a picture of it. */
export function codes (path, page = 1) {
  const picture = path.replace(/\.pdf$/, `-${page}`)
  execFileSync('pdftoppm', ['-png', '-r', '200', '-f', String(page), '-l', String(page), '-singlefile', path, picture])
  return execFileSync('zbarimg', ['--quiet', '--raw', '-Sdisable', '-Sqrcode.enable', `${picture}.png`], { encoding: 'utf8' }).trim().split('\n')
}
