// Shows what the city tells a browser whose portal is closed: that something came, and where it is read after signing in.
// Fetches nothing and keeps nothing.
self.addEventListener("push", (event) => {
  let told = {};
  try {
    told = event.data.json();
  } catch {
    // A message that cannot be read still has to be shown; browsers withdraw the permission otherwise.
  }
  const path = typeof told.path === "string" && /^\/(?![/\\])/.test(told.path) ? told.path : "/portal";
  event.waitUntil(self.registration.showNotification(String(told.title ?? "\u304a\u77e5\u3089\u305b"), {
    body: String(told.line ?? ""),
    lang: "ja",
    tag: String(told.kind ?? "notice") + path,
    data: { path },
    requireInteraction: told.kind === "emergency",
  }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(event.notification.data.path));
});
