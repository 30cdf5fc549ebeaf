// The certificate machine: PIN pad, keys, time-out warning, and one submit at once. Everything works without it.
const pad = document.getElementById("pad");
const pin = document.getElementById("pin");
if (pad && pin) {
  pad.hidden = false;
  pad.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.clear) pin.value = "";
    else if (pin.value.length < 4) pin.value += button.dataset.digit;
    pin.dispatchEvent(new Event("input"));
  });
}

// Keys on the screen: they spell into their field at once. Those of open fields would post themselves one by one without
// this script (kiosk/keys.rs, which knows the same marks).
const kana = { voiced: ["かきくけこさしすせそたちつてとはひふへほ", 1], "half-voiced": ["はひふへほ", 2], small: ["あいうえおつやゆよわ", -1] };
const shifted = (letter, by) => String.fromCodePoint(letter.codePointAt(0) + by);
function marked(letter, mark) {
  const [takes, by] = kana[mark];
  if (takes.includes(letter)) return shifted(letter, by);
  if (takes.includes(shifted(letter, -by))) return shifted(letter, -by);
  const other = { voiced: 2, "half-voiced": 1 }[mark];
  return other && kana["half-voiced"][0].includes(shifted(letter, -other)) ? shifted(letter, by - other) : letter;
}
for (const keys of document.querySelectorAll(".kiosk-keys")) {
  const field = document.getElementById(keys.dataset.for);
  keys.hidden = false;
  keys.addEventListener("click", (event) => {
    const { key, act } = event.target.closest("button")?.dataset ?? {};
    if (!key && !act) return;
    event.preventDefault();
    const text = [...field.value];
    if (key && field.value.length + key.length <= field.maxLength) field.value += key;
    else if (act === "clear") field.value = "";
    else if (act === "erase") field.value = text.slice(0, -1).join("");
    else if (act && text.length) field.value = text.slice(0, -1).join("") + marked(text.at(-1), act);
    field.dispatchEvent(new Event("input"));
  });
}

// The page itself goes to the printer; it stays where it is, and is gone with its time.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// One touch, one request: a second press must not send the form again.
for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
}

const box = document.querySelector("[data-idle]");
const warning = document.getElementById("time-warning");
if (box && warning) {
  const idle = Number(box.dataset.idle) * 1000;
  let touched = Date.now();
  let told = Date.now();
  const extend = () => {
    touched = Date.now();
    if (warning.open) warning.close();
    // Tell the machine at most every five seconds.
    if (Date.now() - told > 5000) {
      told = Date.now();
      fetch(box.dataset.touch, { method: "POST", headers: { "x-csrf": box.dataset.token } }).catch(() => {});
    }
  };
  for (const kind of ["pointerdown", "keydown"]) {
    document.addEventListener(kind, () => { if (!warning.open) extend(); });
  }
  document.getElementById("time-extend").addEventListener("click", () => { told = 0; extend(); });
  setInterval(() => {
    const rest = touched + idle - Date.now();
    if (rest <= 0) location.replace("/kiosk/ended");
    else if (rest <= Math.min(20000, idle / 3) && !warning.open) warning.showModal();
  }, 1000);
}

// The first screen learns by itself that the service was stopped or goes on, and changes only then: whoever reads it is
// not disturbed, and a line that is down for a moment leaves it as it is.
const first = document.querySelector("[data-again]");
if (first) {
  setInterval(async () => {
    const reply = await fetch("/kiosk", { cache: "no-store" }).catch(() => null);
    const page = reply?.ok ? await reply.text() : null;
    if (page?.includes("data-again") && !page.includes(`data-state="${first.dataset.state}"`)) location.replace("/kiosk");
  }, Number(first.dataset.again) * 1000);
}

// A paper on its way: the middle of the page changes in place when there is news, and the page goes on with the paper.
const progress = document.querySelector("[data-progress]");
if (progress) {
  const look = async () => {
    // The page that a press leads to says its word once: looking does not go there before the person does.
    if (document.querySelector("form[data-sent]")) return;
    const reply = await fetch(progress.dataset.progress, { cache: "no-store", redirect: "manual" }).catch(() => null);
    if (document.querySelector("form[data-sent]")) return;
    if (reply?.type === "opaqueredirect") return location.replace(progress.dataset.progress);
    const page = reply?.ok ? new DOMParser().parseFromString(await reply.text(), "text/html") : null;
    const news = page?.querySelector("[data-progress], [data-arrived]");
    // Whoever is about to press a button is not disturbed by what has not changed.
    if (news && news.innerHTML !== progress.innerHTML) {
      progress.innerHTML = news.innerHTML;
      document.title = page.title;
    }
    // What has arrived does not change any more: looking on would keep the machine awake.
    if (!news?.hasAttribute("data-arrived")) setTimeout(look, 1000);
  };
  setTimeout(look, 1000);
}

const once = document.querySelector("[data-submit] form");
if (once) once.requestSubmit();
