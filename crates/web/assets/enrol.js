// Setting up a machine: the token behind # fills the field, as an invitation's does. It is sent to nobody before the
// button is pressed, and does not stay in the address.
const field = document.querySelector("[data-enrol] input[name=token]");
if (field && location.hash.length > 1) {
  field.value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
}
