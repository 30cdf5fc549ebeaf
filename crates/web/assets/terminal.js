// The portal at a terminal of the city: reading aloud and printing where the machine can, staying while somebody touches the
// screen, and going home when the card is taken. Everything else works without this.

const bar = document.querySelector(".terminal-bar");
const aloud = document.getElementById("aloud");
const print = document.getElementById("print");

let told = Date.now();
/** Somebody is here: said at most every ten seconds. */
function stay(always = false) {
  if (!always && Date.now() - told < 10_000) return;
  told = Date.now();
  document.dispatchEvent(new CustomEvent("still-here"));
}
for (const kind of ["pointerdown", "keydown", "scroll", "wheel"]) document.addEventListener(kind, () => stay(), { passive: true });

if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}

/** The words of the page in pieces a voice speaks well: without readings, buttons and hidden parts. */
function words() {
  const from = (document.querySelector("article.letter") ?? document.getElementById("main")).cloneNode(true);
  for (const not of from.querySelectorAll("rt, rp, .no-print, .idle, [hidden], .hidden-visually")) not.remove();
  const pieces = [];
  for (const one of from.querySelectorAll("h1, h2, h3, p, li, dt, dd, th, td, summary")) {
    if (one.querySelector("p, li, dt, dd")) continue;
    const text = one.textContent.replace(/\s+/g, " ").trim();
    if (text) pieces.push({ text, lang: one.closest("[lang]")?.lang || document.documentElement.lang });
  }
  return pieces;
}

const speech = window.speechSynthesis;
if (aloud && speech) {
  const say = aloud.textContent;
  const voice = (lang) => speech.getVoices().find((one) => one.lang.toLowerCase().startsWith(lang.slice(0, 2)));
  // A button that says nothing is worse than none: it is there only when a voice for this page is.
  const offer = () => { aloud.hidden = !voice(document.documentElement.lang); };
  let beat = 0;
  const quiet = () => {
    clearInterval(beat);
    aloud.textContent = say;
    aloud.setAttribute("aria-pressed", "false");
  };
  aloud.addEventListener("click", () => {
    const isSpeaking = aloud.getAttribute("aria-pressed") === "true";
    speech.cancel();
    if (isSpeaking) return quiet();
    aloud.textContent = aloud.dataset.stop;
    aloud.setAttribute("aria-pressed", "true");
    // Whoever listens is here, too.
    beat = setInterval(() => stay(true), 20_000);
    const pieces = words();
    for (const [place, { text, lang }] of pieces.entries()) {
      const spoken = new SpeechSynthesisUtterance(text);
      spoken.lang = lang;
      spoken.voice = voice(lang) ?? null;
      spoken.rate = 0.9;
      if (place === pieces.length - 1) spoken.onend = quiet;
      speech.speak(spoken);
    }
  });
  speech.addEventListener?.("voiceschanged", offer);
  window.addEventListener("pagehide", () => speech.cancel());
  offer();
}

if (bar) {
  setInterval(async () => {
    const reply = await fetch(bar.dataset.here, { cache: "no-store", credentials: "same-origin" }).catch(() => null);
    if (reply?.status === 410) location.replace(bar.dataset.over);
  }, 3000);
}
