// What every page of a terminal must be for fingers and eyes: targets of 44 px, 8 px between them, no text cut off, no id twice.

import assert from 'node:assert/strict'

/** Fails unless the page can be used by touch and all of it can be read. */
export async function touchable (page, where) {
  const faults = await page.evaluate(() => {
    const faults = []
    const word = (element) => `${element.tagName.toLowerCase()}“${(element.innerText || element.name || element.id).trim().slice(0, 24)}”`

    const ids = [...document.querySelectorAll('[id]')].map((element) => element.id)
    for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) faults.push(`the id ${id} is there twice`)

    // A link within a sentence is as high as its line (WCAG 2.5.8 leaves it out); a link that is its own line is a target.
    const isInText = (element) => element.tagName === 'A' && getComputedStyle(element).display === 'inline' &&
      [...element.parentElement.childNodes].some((node) => node !== element && node.textContent.trim())
    const area = (element) => {
      const whole = ['checkbox', 'radio'].includes(element.type) ? element.closest('.choice, .kiosk-option') ?? element : element
      return whole.getBoundingClientRect()
    }
    const targets = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
      .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !isInText(element))
      .map((element) => ({ element, at: area(element) }))
      .filter(({ at }) => at.width > 0 && at.height > 0 && at.right > 0)
    for (const { element, at } of targets) {
      if (at.width < 43.5 || at.height < 43.5) faults.push(`${word(element)} is ${Math.round(at.width)} × ${Math.round(at.height)} px`)
    }
    targets.forEach((one, index) => {
      for (const other of targets.slice(index + 1)) {
        const across = Math.max(0, Math.max(one.at.left, other.at.left) - Math.min(one.at.right, other.at.right))
        const down = Math.max(0, Math.max(one.at.top, other.at.top) - Math.min(one.at.bottom, other.at.bottom))
        const apart = Math.hypot(across, down)
        if (apart < 7.5) faults.push(`${word(one.element)} and ${word(other.element)} are ${Math.round(apart)} px apart`)
      }
    })

    // A button does not touch what is framed above it either.
    const frames = [...document.querySelectorAll('main .card, main .alert, main .kiosk-answer, main .kiosk-alert')].map((frame) => ({ frame, at: frame.getBoundingClientRect() }))
    for (const { element, at } of targets) {
      for (const { frame, at: around } of frames) {
        if (frame.contains(element) || element.contains(frame)) continue
        const across = Math.max(around.left, at.left) - Math.min(around.right, at.right)
        const down = Math.max(around.top, at.top) - Math.min(around.bottom, at.bottom)
        if (across < 0 && down < 7.5) faults.push(`${word(element)} is ${Math.round(down)} px from ${word(frame)}`)
      }
    }

    const pen = document.createElement('canvas').getContext('2d')
    for (const element of document.querySelectorAll('main *')) {
      if (!element.checkVisibility({ visibilityProperty: true })) continue
      const style = getComputedStyle(element)
      if (element.tagName === 'SELECT') {
        pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`
        const room = element.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)
        const widest = Math.max(...[...element.options].map((option) => pen.measureText(option.text).width))
        if (widest > room) faults.push(`${word(element)} shows ${Math.round(room)} of ${Math.round(widest)} px`)
      } else if (style.overflowX !== 'visible' && style.clipPath === 'none' && element.clientWidth > 1 && element.scrollWidth > element.clientWidth + 1) {
        if (style.overflowX !== 'auto' && style.overflowX !== 'scroll') faults.push(`${word(element)} is cut off`)
      }
    }
    return [...new Set(faults)]
  })
  assert.deepEqual(faults, [], `${where}:\n${faults.join('\n')}`)
}
