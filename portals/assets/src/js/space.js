// Every page of the space: a form is sent once, a refusal takes the focus, a schedule can be printed, and a card that was
// typed goes on by itself. All else is links.
import { startCardFrame } from "./parts/card_frame.js";
import { startForms } from "./parts/forms.js";

document.documentElement.classList.add("scripted");
startForms();
startCardFrame();
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
