// Checks a line of "who looked" in the reader's own browser, as scripts/check-who-looked.py does: nothing is sent anywhere.
//
//   opened fields + hashes of the closed ones ─► commitment ─► entry ─► Merkle path ─► the head's root ─► signature (Ed25519)
//
// Without script the page names these steps and gives the file.

const place = document.getElementById("looked-check");
const words = JSON.parse(place.dataset.words);
const encoder = new TextEncoder();
const NAMES = ["id", "kind", "subject", "at", "actor_class", "actor", "terminal", "duty", "note", "items", "visible",
  "told", "told_english", "everyone", "work"];

class Wrong extends Error {}

const joined = (...parts) => {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { all.set(part, at); at += part.length; }
  return all;
};
const sha = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
const eight = (value) => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(value));
  return bytes;
};
const field = (bytes) => joined(eight(bytes.length), bytes);
const text = (value) => field(encoder.encode(value));
const maybe = (value) => value === null ? new Uint8Array(8).fill(0xff) : text(value);
const hex = (word) => {
  if (!/^([0-9a-f]{2})*$/.test(word)) throw new Wrong("hex");
  return Uint8Array.from(word.match(/../g) || [], (two) => parseInt(two, 16));
};
const base64 = (word) => Uint8Array.from(atob(word), (letter) => letter.charCodeAt(0));
const same = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]);

async function fieldHash(one) {
  if ("hash" in one) return hex(one.hash);
  return sha(text("yakuba disclosure field 1"), field(hex(one.salt)), text(one.name), maybe(one.value));
}

/** RFC 9162 section 2.1.3.2. */
async function rootFrom(leaf, index, size, path) {
  if (!(index >= 0 && index < size)) throw new Wrong("index");
  let here = index, last = size - 1, node = leaf;
  for (const sibling of path) {
    if (last === 0) throw new Wrong("path");
    if (here % 2 === 1 || here === last) {
      node = await sha(Uint8Array.of(1), sibling, node);
      while (here % 2 === 0 && here !== 0) { here = Math.floor(here / 2); last = Math.floor(last / 2); }
    } else {
      node = await sha(Uint8Array.of(1), node, sibling);
    }
    here = Math.floor(here / 2);
    last = Math.floor(last / 2);
  }
  if (last !== 0) throw new Wrong("path");
  return node;
}

/** "good", "half" (the signature cannot be checked here), or throws. */
async function check(proof, keys) {
  if (proof.format !== "yakuba-looked-proof-1") throw new Wrong("format");
  if (JSON.stringify(proof.fields.map((one) => one.name)) !== JSON.stringify(NAMES)) throw new Wrong("fields");
  const hashes = await Promise.all(proof.fields.map(fieldHash));
  const content = joined(text("yakuba disclosure 3"), ...hashes.map(field));
  const commitment = await sha(text("yakuba audit content 1"), field(hex(proof.salt)), field(content));
  const entry = proof.entry;
  if (entry.event !== "disclosure.made") throw new Wrong("event");
  const opened = (name) => proof.fields.find((one) => one.name === name).value;
  if (opened("at") !== String(entry.at) || opened("actor_class") !== entry.actor_class) throw new Wrong("entry");
  const row = joined(text("yakuba audit entry 1"), text(entry.chain), eight(entry.position), eight(entry.at),
    text(entry.event), text(entry.actor_class), field(commitment));
  const hash = await sha(hex(entry.previous), row);
  const { index, leaves, path } = proof.merkle;
  const root = await rootFrom(await sha(Uint8Array.of(0), hash), index, leaves, path.map(hex));
  const head = proof.head.split(" ");
  if (head.length !== 9 || head[0] !== "yakuba-head-1") throw new Wrong("head");
  const [, zone, count, at, entries, previous, saidRoot, signer, signature] = head;
  if (!same(hex(saidRoot), root)) throw new Wrong("root");
  const raw = base64(proof.key.replace(/^ed25519:/, ""));
  if (!same((await sha(raw)).subarray(0, 8), hex(signer))) throw new Wrong("signer");
  const signed = joined(text("yakuba audit head 1"), text(zone), eight(count), eight(at), eight(entries),
    field(hex(previous)), field(root), text(signer));
  let key;
  try {
    key = await crypto.subtle.importKey("raw", raw, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return "half";
  }
  const message = joined(encoder.encode("yakuba audit head"), Uint8Array.of(0), signed);
  if (!await crypto.subtle.verify({ name: "Ed25519" }, key, base64(signature), message)) throw new Wrong("signature");
  return keys.includes(proof.key) ? "good" : "half";
}

place.hidden = false;
const result = place.querySelector("[role=status]");
result.textContent = words.running;
check(JSON.parse(place.dataset.proof), JSON.parse(place.dataset.keys))
  .then((found) => { result.textContent = words[found]; place.dataset.found = found; })
  .catch((error) => {
    result.textContent = words.bad;
    place.dataset.found = "bad";
    place.dataset.why = error instanceof Wrong ? error.message : error.name;
  });
