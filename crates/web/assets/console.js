// The staff console by keyboard: Alt+1 … Alt+9 go to the pages of the navigation, Alt+0 to the search field.
// Two minutes before a session ends by lying idle a box asks whether somebody is still here.
// A button prints the page. Everything works without this.

const links = [...document.querySelectorAll(".main-nav a")];
links.forEach((link, index) => { if (index < 9) link.setAttribute("aria-keyshortcuts", `Alt+${index + 1}`); });
const search = document.querySelector("[data-search] input:not([type=hidden])");
search?.setAttribute("aria-keyshortcuts", "Alt+0");

addEventListener("keydown", (event) => {
  if (!event.altKey || event.ctrlKey || event.metaKey || !/^[0-9]$/.test(event.key)) return;
  const target = event.key === "0" ? search : links[Number(event.key) - 1];
  if (!target) return;
  event.preventDefault();
  if (target === search) { search.focus(); search.select(); } else target.click();
});

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

const idle = document.getElementById("idle");
if (idle) {
  const end = Number(idle.dataset.seconds) * 1000;
  let timers = [];
  const begin = () => {
    timers.forEach(clearTimeout);
    idle.hidden = true;
    timers = [
      setTimeout(() => { idle.hidden = false; idle.focus(); }, end - 120_000),
      // What was on the screen does not stay for whoever comes by next.
      setTimeout(() => location.assign("/staff"), end + 5_000),
    ];
  };
  idle.querySelector("button").addEventListener("click", async () => {
    const reply = await fetch("/staff/alive", { credentials: "same-origin" }).catch(() => null);
    if (reply?.ok) begin(); else location.assign("/staff");
  });
  begin();
}
