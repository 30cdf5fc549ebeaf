// Two minutes (at a terminal half a minute) before a session ends by lying idle a box asks whether somebody is still here (WCAG 2.2.1). Console and
// portal; everything works without this.

const idle = document.getElementById("idle");
if (idle) {
  const end = Number(idle.dataset.seconds) * 1000;
  let timers = [];
  const begin = () => {
    timers.forEach(clearTimeout);
    idle.hidden = true;
    timers = [
      setTimeout(() => { idle.hidden = false; idle.focus(); }, end - Math.min(120_000, end / 3)),
      // What was on the screen does not stay for whoever comes by next.
      setTimeout(() => location.assign(idle.dataset.home), end + 5_000),
    ];
  };
  const stay = async () => {
    const reply = await fetch(idle.dataset.alive, { credentials: "same-origin" }).catch(() => null);
    if (reply?.ok) begin(); else location.assign(idle.dataset.home);
  };
  idle.querySelector("button").addEventListener("click", stay);
  document.addEventListener("still-here", stay);
  begin();
}
