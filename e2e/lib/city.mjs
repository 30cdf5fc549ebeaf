// The city under test, as run.mjs started it.

/** Its address, without a slash at the end. `localhost`, because passkeys need a host name. */
export const url = (process.env.YAKUBA_URL ?? 'http://localhost:8080').replace('127.0.0.1', 'localhost').replace(/\/$/, '')

/** What it printed while starting: sample cards with PINs, the one-time token of the first administrator. */
export const says = process.env.YAKUBA_SAYS ?? ''

/** Its data directory, for commands of the program beside the browser. */
export const data = process.env.YAKUBA_DATA ?? 'demo-data'

/** The program. */
export const program = process.env.YAKUBA ?? 'yakuba'

/** Languages to look at: CI looks at Japanese alone. */
export const languages = (process.env.YAKUBA_LANGUAGES ?? 'ja,ja-easy,en').split(',')

/** Sizes of the screens people use. */
export const sizes = {
  phone: { width: 390, height: 844 },
  narrow: { width: 320, height: 640 },
  desk: { width: 1280, height: 800 },
  kiosk: { width: 1080, height: 1920 }
}
