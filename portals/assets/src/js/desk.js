// Every page of the desk: menus, keyboard, forms, side panel.
import { startKeyboard } from "./keyboard.js";
import { startBell } from "./bell.js";
import { startLooking } from "./looking.js";
import { startMenus } from "./menus.js";
import { startDrafts } from "./drafts.js";
import { startForms } from "./forms.js";
import { startPalette } from "./palette.js";
import { startPanel } from "./panel.js";

document.documentElement.classList.add("scripted");
startMenus();
startBell();
startForms();
startDrafts();
startLooking();
startPalette();
const panel = startPanel();
startKeyboard(panel);
