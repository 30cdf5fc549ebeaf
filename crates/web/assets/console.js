// The staff console by keyboard: Alt+1 … Alt+9 go to the pages of the navigation, Alt+0 to the search field.
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
