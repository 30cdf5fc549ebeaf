// "Get notifications on this device": asks the browser for a subscription and sends it with the form around the button.
const form = document.querySelector("[data-push]");
const say = (name) => {
  for (const one of document.querySelectorAll("[data-push-says]")) one.hidden = one.dataset.pushSays !== name;
};
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

if (form && "serviceWorker" in navigator && "PushManager" in window && "Notification" in window) {
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    if (form.elements.endpoint.value) return;
    event.preventDefault();
    if (await Notification.requestPermission() !== "granted") {
      say("denied");
      return;
    }
    try {
      await navigator.serviceWorker.register("/portal/push-worker.js");
      const worker = await navigator.serviceWorker.ready;
      const old = await worker.pushManager.getSubscription();
      if (old) await old.unsubscribe();
      const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(form.dataset.push) });
      const { endpoint, keys } = made.toJSON();
      form.elements.endpoint.value = endpoint;
      form.elements.p256dh.value = keys.p256dh;
      form.elements.auth.value = keys.auth;
      form.submit();
    } catch {
      say("unsupported");
    }
  });
} else {
  say("unsupported");
}
