// A push service and its browser by people who know nothing of us: what http_ece can open is what browsers can open.
//
// Reads one JSON line {body, authorization, receiver: {d, public}, auth}; prints {payload, claims, ours}. `ours` is a message that
// the npm package web-push made of the same payload for the same browser: its headers, for comparing with ours.
import { createRequire } from "node:module";
import crypto from "node:crypto";
import readline from "node:readline";

const require = createRequire(process.argv[2] + "/");
const webPush = require("web-push");
const ece = require("http_ece");

for await (const line of readline.createInterface({ input: process.stdin })) {
  const given = JSON.parse(line);
  const receiver = crypto.createECDH("prime256v1");
  receiver.setPrivateKey(Buffer.from(given.receiver.d, "base64url"));
  const payload = ece.decrypt(Buffer.from(given.body, "base64url"), {
    version: "aes128gcm", privateKey: receiver, authSecret: given.auth,
  });
  const [, token, key] = /^vapid t=([^,]+), k=(.+)$/.exec(given.authorization);
  const point = Buffer.from(key, "base64url");
  const publicKey = crypto.createPublicKey({
    format: "jwk",
    key: { kty: "EC", crv: "P-256", x: point.subarray(1, 33).toString("base64url"), y: point.subarray(33).toString("base64url") },
  });
  const [head, claims, signature] = token.split(".");
  const sound = crypto.verify(
    "sha256", Buffer.from(`${head}.${claims}`), { key: publicKey, dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url"));
  if (!sound) throw new Error("the token's signature is wrong");
  const theirs = webPush.generateRequestDetails(
    { endpoint: given.endpoint, keys: { p256dh: given.receiver.public, auth: given.auth } }, payload,
    { TTL: 60, urgency: "high", topic: "AAAA", vapidDetails: { subject: "mailto:a@b.example", ...webPush.generateVAPIDKeys() } });
  console.log(JSON.stringify({
    payload: payload.toString("utf8"),
    claims: JSON.parse(Buffer.from(claims, "base64url")),
    theirs: { names: Object.keys(theirs.headers).map((name) => name.toLowerCase()), length: theirs.body.length },
  }));
}
