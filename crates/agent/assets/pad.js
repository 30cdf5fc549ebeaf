// The agent's pad: keys for fingers, one submit at once, and the window closes itself. Everything works without it.
const keypad = document.getElementById("keypad");
const secret = document.getElementById("secret");
if (keypad && secret) {
  keypad.hidden = false;
  keypad.addEventListener("click", (event) => {
    const key = event.target.closest("button");
    if (!key) return;
    if (key.dataset.clear) secret.value = "";
    else if (secret.value.length < 4) secret.value += key.dataset.digit;
  });
}

for (const form of document.querySelectorAll("[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
}

// Nothing that was typed stays in a page that is left.
addEventListener("pagehide", () => { if (secret) secret.value = ""; });

if (document.querySelector("[data-close]")) setTimeout(() => window.close(), 2000);
