// Checks the code of a paper in the reader's own browser: what stands behind the # is sent nowhere.
//
//   #BASE32 ─► COSE_Sign1 ─► signature against /verify/keys.json ─► CBOR ─► shown; hash of the request id ─► status
//
// Formats: crates/pki/src/token.rs (the one form of a token) and crates/wire/src/certificate_code.rs (the map).

const place = document.getElementById("verify");
const result = document.getElementById("result");
const words = JSON.parse(place.dataset.words);
const encoder = new TextEncoder();

class Refused extends Error {
  constructor(word) { super(word); this.word = word; }
}

function base32(text) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const code = text.slice(text.lastIndexOf("#") + 1).replace(/\s/g, "").toUpperCase();
  const bytes = [];
  let bits = 0, held = 0;
  for (const letter of code) {
    const value = alphabet.indexOf(letter);
    if (value < 0) throw new Refused("malformed");
    held = (held << 5 | value) & 0xfff;
    bits += 5;
    if (bits >= 8) { bits -= 8; bytes.push(held >> bits & 0xff); }
  }
  if (bytes.length < 100 || bytes.length > 4096) throw new Refused("malformed");
  return Uint8Array.from(bytes);
}

/** Reads CBOR of the few kinds a code has: whole numbers, bytes, text, arrays, maps, all of definite length. */
class Reader {
  constructor(bytes) { this.bytes = bytes; this.at = 0; }
  take(count) {
    if (this.at + count > this.bytes.length) throw new Refused("malformed");
    return this.bytes.subarray(this.at, this.at += count);
  }
  head() {
    const first = this.take(1)[0];
    const more = first & 31;
    let value = more;
    if (more > 26) throw new Refused("malformed");
    if (more >= 24) value = this.take(1 << (more - 24)).reduce((sum, byte) => sum * 256 + byte, 0);
    return [first >> 5, value];
  }
  item(depth = 0) {
    if (depth > 6) throw new Refused("malformed");
    const [kind, value] = this.head();
    if (kind === 0) return value;
    if (kind === 2) return this.take(value);
    if (kind === 3) return new TextDecoder("utf-8", { fatal: true }).decode(this.take(value));
    if (value > 64) throw new Refused("malformed");
    if (kind === 4) return Array.from({ length: value }, () => this.item(depth + 1));
    if (kind === 5) return new Map(Array.from({ length: value }, () => [this.item(depth + 1), this.item(depth + 1)]));
    throw new Refused("malformed");
  }
}

/** The parts of a token: tag 18, array of protected header, empty map, payload, signature. */
function open(token) {
  const reader = new Reader(token);
  if (reader.take(1)[0] !== 0xd2 || reader.take(1)[0] !== 0x84) throw new Refused("malformed");
  const [header, empty, payload, signature] = [reader.item(), reader.take(1)[0], reader.item(), reader.item()];
  const fits = header instanceof Uint8Array && header.length === 13 && empty === 0xa0
    && payload instanceof Uint8Array && signature instanceof Uint8Array && signature.length === 64
    && reader.at === token.length && [0xa2, 1, 0x26, 4, 0x48].every((byte, index) => header[index] === byte);
  if (!fits) throw new Refused("malformed");
  return { header, payload, signature, key: header.subarray(5) };
}

const joined = (...parts) => {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { all.set(part, at); at += part.length; }
  return all;
};

function byteString(bytes) {
  const n = bytes.length;
  const head = n < 24 ? [0x40 | n] : n < 256 ? [0x58, n] : [0x59, n >> 8, n & 255];
  return joined(Uint8Array.from(head), bytes);
}

const base64url = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

/** The city's key of this id; null where its list has none. */
async function published(id, cache) {
  let keys;
  try {
    keys = (await (await fetch(place.dataset.keys, { cache })).json()).keys;
  } catch {
    throw new Refused("no-keys");
  }
  if (!Array.isArray(keys)) throw new Refused("no-keys");
  return keys.find((key) => key.kid === base64url(id)) ?? null;
}

async function verified(token) {
  const parts = open(token);
  if (!globalThis.crypto?.subtle) throw new Refused("no-keys");
  // A list that was kept may be older than the key: only the city's own answer says that a key is foreign.
  const found = await published(parts.key, "default") ?? await published(parts.key, "reload");
  if (!found) throw new Refused("foreign");
  const { kty, crv, x, y } = found;
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const key = await crypto.subtle.importKey("jwk", { kty, crv, x, y }, algorithm, false, ["verify"]);
  // Sig_structure of RFC 9052: array of 4, "Signature1", header, no external data, payload.
  const message = joined(Uint8Array.of(0x84, 0x6a), encoder.encode("Signature1"), byteString(parts.header),
    Uint8Array.of(0x40), byteString(parts.payload));
  if (!await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, parts.signature, message)) throw new Refused("altered");
  return parts.payload;
}

function claims(payload) {
  const reader = new Reader(payload);
  const map = reader.item();
  if (!(map instanceof Map) || reader.at !== payload.length) throw new Refused("malformed");
  const get = (key) => {
    if (!map.has(key)) throw new Refused("malformed");
    return map.get(key);
  };
  const [page, of] = get(5);
  const people = get(7).map((person) => ({ name: person.get(1), birthDate: person.get(2), digests: person.get(3) }));
  return {
    kind: get(1), issuedOn: get(3), request: get(4), page, of, salt: get(6), people,
    household: get(8), number: get(9), address: get(10),
  };
}

/** The hash under which the city knows a request: label and id, each behind its length. */
async function requestHash(id) {
  const field = (bytes) => {
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, BigInt(bytes.length));
    return joined(length, bytes);
  };
  const hash = await sha256(joined(field(encoder.encode("yakuba paper request 1")), field(id)));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function standing(found) {
  try {
    const answer = await fetch(place.dataset.status, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ request: await requestHash(found.request) }),
    });
    const { state } = await answer.json();
    return ["valid", "withdrawn"].includes(state) ? state : "unknown";
  } catch {
    return "unknown";
  }
}

/** As wire::certificate_code::normalise. */
function normalised(value) {
  const half = value.replace(/[！-～]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0));
  return half.replace(/[\s\u3000]/g, "").replace(/[\ufe00-\ufe0f]|\udb40[\udd00-\uddef]/g, "")
    .replace(/[\u2010-\u2015\u2212]/g, "-").replace(/[A-Z]/g, (c) => c.toLowerCase());
}

async function confirms(found, person, item, value) {
  const digests = person === 0 ? found.household : found.people[person - 1].digests;
  const hash = await sha256(joined(found.salt, Uint8Array.of(item, person), encoder.encode(normalised(value))));
  const kept = digests.get(item);
  return kept?.length === 8 && kept.every((byte, index) => byte === hash[index]);
}

const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(key, value);
  made.append(...children);
  return made;
};

/** An alert as ui::notice draws it. */
function alertBox(kind, word, heading, text) {
  const box = element("div", { class: `alert alert-${kind}`, role: kind === "error" ? "alert" : "status" });
  box.append(element("p", { class: "alert-word" }, words[`word-${kind}`]));
  const inner = element("div");
  if (heading) inner.append(element("h2", {}, heading));
  inner.append(element("p", {}, text));
  box.append(inner);
  box.dataset.verdict = word;
  return box;
}

const verdict = (kind, word) => alertBox(kind, word, words[word], words[`${word}-why`]);

function day(days) {
  const date = new Date(days * 86400000);
  const japanese = new Intl.DateTimeFormat("ja-JP-u-ca-japanese", { era: "long", year: "numeric", month: "long", day: "numeric", timeZone: "UTC" })
    .format(date).replace(/^(\D+)1年/, "$1元年");
  return place.dataset.language === "en" ? `${date.toISOString().slice(0, 10)} (${japanese})` : japanese;
}

function facts(found) {
  const list = element("dl", { class: "facts" });
  const add = (term, value, lang) => list.append(element("div", {}, element("dt", {}, term), element("dd", { lang }, value)));
  add(words.kind, words[`kind-${found.kind}`] ?? found.kind);
  add(words.issued, day(found.issuedOn));
  add(words.number, found.number);
  add(words.page, `${found.page}/${found.of}`);
  add(isRegister(found) ? words.domicile : words.address, found.address, "ja");
  for (const person of found.people) {
    add(words.name, person.name, "ja");
    add(words["birth-date"], person.birthDate, "ja");
  }
  return list;
}

/** Papers of the family register say 本籍 where the others say an address. */
function isRegister(found) {
  return found.kind.includes("family_register");
}

function itemsForm(found) {
  const select = element("select", { id: "item", name: "item" });
  const offer = (person, whose, digests) => {
    for (const item of digests.keys()) {
      const label = words[`item-${item}`];
      if (label) select.append(element("option", { value: `${person}-${item}` }, `${whose}: ${label}`));
    }
  };
  offer(0, isRegister(found) ? words.register : words.household, found.household);
  found.people.forEach((person, index) => offer(index + 1, person.name, person.digests));
  if (select.options.length === 0) return null;
  const value = element("input", { id: "value", name: "value", required: "", maxlength: "300", autocomplete: "off" });
  const answer = element("div", { "aria-live": "polite", id: "confirmation" });
  const form = element("form", {},
    element("div", { class: "field" }, element("label", { for: "item" }, words.item), select),
    element("div", { class: "field" }, element("label", { for: "value" }, words.value), value),
    answer,
    element("div", { class: "buttons" }, element("button", { type: "submit", class: "button button-secondary" }, words.confirm)));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const [person, item] = select.value.split("-").map(Number);
    const fits = await confirms(found, person, item, value.value);
    answer.replaceChildren(fits
      ? alertBox("success", "confirmed", null, words.confirmed)
      : alertBox("error", "not-confirmed", null, words["not-confirmed"]));
  });
  return element("section", {}, element("h2", {}, words.items), element("p", {}, words["items-how"]), form);
}

async function check(text) {
  result.replaceChildren(element("p", {}, words.checking));
  try {
    const found = claims(await verified(base32(text)));
    const state = await standing(found);
    const kind = { valid: "success", withdrawn: "error", unknown: "warning" }[state];
    result.replaceChildren(verdict(kind, state), facts(found), element("p", {}, element("strong", {}, words.copy)));
    const items = state === "withdrawn" ? null : itemsForm(found);
    if (items) result.append(items);
  } catch (error) {
    const word = error instanceof Refused ? error.word : "malformed";
    result.replaceChildren(verdict(word === "no-keys" ? "warning" : "error", word));
  }
  result.focus();
}

document.getElementById("code-form").addEventListener("submit", (event) => {
  event.preventDefault();
  check(document.getElementById("code").value);
});

function checkAddress() {
  if (location.hash.length < 2) return;
  const code = location.hash;
  // The code names a person: it must not stay in the history of a shared browser.
  history.replaceState(null, "", location.pathname + location.search);
  check(code);
}

addEventListener("hashchange", checkAddress);
checkAddress();
