// Passkeys: a form with data-passkey asks the browser, puts its answer into the hidden field, and is sent as it is.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", (event) => {
    if (form.elements.namedItem(form.dataset.field || "passkey").value) return;
    event.preventDefault();
    ask(form);
  });
}

async function ask(form) {
  const complaint = form.querySelector("[role=alert]");
  const button = form.querySelector("button");
  complaint.hidden = true;
  button.disabled = true;
  try {
    if (!window.PublicKeyCredential) throw new DOMException("", "SecurityError");
    const answer = await fetch(form.dataset.options, { method: "POST", body: new URLSearchParams({ csrf: form.elements.csrf.value }) });
    if (answer.redirected) return location.assign(answer.url);
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.detail || "");
    const credential = form.dataset.passkey === "create"
      ? await navigator.credentials.create({ publicKey: forCreation(told) })
      : await navigator.credentials.get({ publicKey: forAssertion(told) });
    form.elements.namedItem(form.dataset.field || "passkey").value = JSON.stringify(asJson(credential));
    form.requestSubmit();
  } catch (error) {
    // A browser tells neither a cancelled dialog from a timeout nor why an address is refused; ours are the words.
    complaint.textContent = error.name === "SecurityError" ? form.dataset.unavailable : error.message && error.name === "Error" ? error.message : form.dataset.cancelled;
    complaint.hidden = false;
  } finally {
    button.disabled = false;
  }
}

const known = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));
const forCreation = (told) => ({ ...told, challenge: bytes(told.challenge), user: { ...told.user, id: bytes(told.user.id) }, excludeCredentials: known(told.excludeCredentials) });
const forAssertion = (told) => ({ ...told, challenge: bytes(told.challenge), allowCredentials: known(told.allowCredentials) });

function asJson(credential) {
  const { response } = credential;
  const fields = response.attestationObject
    ? { attestationObject: text(response.attestationObject), transports: response.getTransports?.() || [] }
    : { authenticatorData: text(response.authenticatorData), signature: text(response.signature), userHandle: response.userHandle ? text(response.userHandle) : null };
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, clientExtensionResults: {}, response: { clientDataJSON: text(response.clientDataJSON), ...fields } };
}
