// Every page of the desk: menus, keyboard, forms, side panel.
import { startKeyboard } from "./parts/keyboard.js";
import { startActs } from "./parts/acts.js";
import { startBell } from "./parts/bell.js";
import { startOnlookers } from "./parts/onlookers.js";
import { startMenus } from "./parts/menus.js";
import { startCopying } from "./parts/copying.js";
import { startDrafts } from "./parts/drafts.js";
import { startFocus } from "./parts/focus.js";
import { startForms } from "./parts/forms.js";
import { startPalette } from "./parts/palette.js";
import { startPanel } from "./parts/panel.js";

document.documentElement.classList.add("scripted");
startMenus();
startBell();
startActs();
startCopying();
startFocus();
startForms();
startDrafts();
startOnlookers();
startPalette();
const panel = startPanel();
startKeyboard(panel);
