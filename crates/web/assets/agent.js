// Has the card at this PC prove who taps, through the agent (yakuba agent) on this PC. This page carries bytes it cannot
// read; the PIN is typed into the agent's own window and never comes here.
const box = document.getElementById("agent");
const button = box?.querySelector("button");
const said = document.getElementById("agent-said");

class Said extends Error {}

const say = (text) => { said.textContent = text; };
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

async function talk(address, options) {
  const reply = await fetch(address, options);
  const json = await reply.json().catch(() => ({}));
  if (!reply.ok) throw new Said(json.message ?? box.dataset.failed);
  return json;
}

const atAgent = (path, body) => talk(box.dataset.agent + path, body === undefined ? {} : {
  method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
}).catch((error) => { throw error instanceof Said ? error : new Said(box.dataset.absent); });

const atServer = (address, token, fields) => talk(address, {
  method: "POST", headers: { accept: "application/json", "x-csrf": token },
  body: new URLSearchParams(fields), credentials: "same-origin",
});

// What is typed on the page itself, where it asks for more than a card: it goes with every question to our server, and with
// it what the card answered so far.
const own = [...document.querySelectorAll("#agent-fields input")];
const counts = (input) => input.checked || !["checkbox", "radio"].includes(input.type);
const typed = () => Object.fromEntries(own.filter(counts).map((input) => [input.name, input.value]));

// One request to the agent, from our server's signature to the sealed answer.
async function prove(agent, verb, before) {
  const asked = verbs.length > 1 ? { agent, verb } : { agent };
  const { request } = await atServer(box.dataset.ask, box.dataset.askToken, own.length ? { ...asked, ...before } : asked);
  const { pad, ticket } = await atAgent(`/v1/${verb}`, { request });
  say(box.dataset.waiting);
  if (!window.open(pad, "_blank", "popup,width=480,height=860")) {
    // The browser opens no window by itself: the person does.
    const link = Object.assign(document.createElement("a"), { href: pad, target: "_blank", textContent: box.dataset.open });
    said.append(" ", link);
  }
  for (;;) {
    await wait(1000);
    const told = await atAgent(`/v1/answers/${ticket}`);
    if (told.state === "waiting") continue;
    if (told.state !== "answered") {
      throw Object.assign(new Said(told.state === "stopped" ? box.dataset.stopped : box.dataset.over), { request });
    }
    return { request, answer: told.answer };
  }
}

// What the page asks for, in its order; most pages only want to know who taps.
const verbs = (box?.closest("[data-verbs]")?.dataset.verbs ?? "identify").split(" ");

async function all() {
  const { agent } = await atAgent("/v1/status");
  const fields = typed();
  for (const verb of verbs) {
    const { request, answer } = await prove(agent, verb, fields);
    const before = verb === "sign-document" && verbs.length > 1 ? "signed_" : "";
    Object.assign(fields, { [`${before}request`]: request, [`${before}answer`]: answer });
  }
  return atServer(box.dataset.answer, box.dataset.answerToken, fields);
}

// Work in several steps may have been done though the agent came to no good end: then our server knows of it, and its page says.
async function toldAnyway(request) {
  if (!request || !box.closest("[data-told-anyway]")) return undefined;
  return (await atServer(box.dataset.answer, box.dataset.answerToken, { request }).catch(() => ({}))).next;
}

button?.addEventListener("click", async () => {
  if (!own.every((input) => input.reportValidity())) return;
  button.disabled = true;
  say("");
  try {
    const told = await all();
    say(told.message);
    if (told.next) location.assign(told.next);
  } catch (error) {
    say(error instanceof Said ? error.message : box.dataset.failed);
    const next = await toldAnyway(error.request);
    if (next) location.assign(next);
  }
  button.disabled = false;
  said.focus();
});
