// The portal's own: a page that waits for the other zone looks again by itself. Without script a link does.
const again = document.querySelector("[data-again]");
if (again) setTimeout(() => location.reload(), Number(again.dataset.again) * 1000);
