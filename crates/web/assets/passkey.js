// Passkeys: takes the options of our server to the browser and its answer back (W3C WebAuthn level 3).
// Used by forms with data-passkey="get" or "create"; nothing else is touched.

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => {
  let raw = "";
  for (const byte of new Uint8Array(buffer)) raw += String.fromCharCode(byte);
  return btoa(raw).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
};

const descriptors = (list) => list?.map((one) => ({ ...one, id: bytes(one.id) }));

async function ask(kind, options, more) {
  const key = { ...options.publicKey, challenge: bytes(options.publicKey.challenge) };
  if (kind === "create") {
    key.user = { ...key.user, id: bytes(key.user.id) };
    key.excludeCredentials = descriptors(key.excludeCredentials);
    return navigator.credentials.create({ publicKey: key });
  }
  key.allowCredentials = descriptors(key.allowCredentials);
  return navigator.credentials.get({ publicKey: key, ...more });
}

function answer(kind, credential) {
  const r = credential.response;
  const response = { clientDataJSON: text(r.clientDataJSON) };
  if (kind === "create") {
    response.attestationObject = text(r.attestationObject);
  } else {
    response.authenticatorData = text(r.authenticatorData);
    response.signature = text(r.signature);
    response.userHandle = r.userHandle ? text(r.userHandle) : null;
  }
  return JSON.stringify({
    id: credential.id, rawId: text(credential.rawId), type: credential.type, response, clientExtensionResults: {},
  });
}

async function send(address, body, headers) {
  const reply = await fetch(address, {
    method: "POST", body, headers: { accept: "application/json", ...headers }, credentials: "same-origin",
  });
  const json = await reply.json().catch(() => ({}));
  if (!reply.ok) throw new Error(json.message ?? "");
  return json;
}

// A browser offers a passkey in the autofill of a field (conditional UI) until a button asks for one aloud.
let quiet = null;

async function run(form, status, more) {
  const kind = form.dataset.passkey;
  const options = await send(form.action, new URLSearchParams(new FormData(form)), {});
  if (!more) status.textContent = status.dataset.waiting;
  const credential = await ask(kind, options, more);
  const { next } = await send(form.dataset.finish, answer(kind, credential), {
    "content-type": "application/json", "x-csrf": form.dataset.finishToken,
  });
  location.assign(next);
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const status = form.querySelector(".passkey-status");
  const button = form.querySelector("button[type=submit]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    quiet?.abort();
    button.disabled = true;
    status.textContent = "";
    try {
      await run(form, status);
    } catch (error) {
      // Words of our server say what happened; the browser's own (cancelled, timed out) are not for people.
      const ours = error instanceof Error && error.constructor === Error && error.message;
      status.textContent = ours || status.dataset.failed;
      button.disabled = false;
      button.focus();
    }
  });
}

const field = document.querySelector("input[autocomplete~=webauthn]");
const used = document.querySelector("form[data-passkey=get]");
if (field && used && await window.PublicKeyCredential?.isConditionalMediationAvailable?.()) {
  quiet = new AbortController();
  run(used, used.querySelector(".passkey-status"), { mediation: "conditional", signal: quiet.signal }).catch(() => {});
}

// The secret of an invitation stands after "#", which is sent to no server.
const token = document.getElementById("token");
if (token && location.hash.length > 1) {
  token.value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname + location.search);
}
