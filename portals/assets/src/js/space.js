// Every page of the space: a form is sent once, a refusal takes the focus, a schedule can be printed. All else is links.
import { startForms } from "./parts/forms.js";

document.documentElement.classList.add("scripted");
startForms();
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
