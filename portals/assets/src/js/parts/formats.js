// The same formats as portals/kit/formats.py, for rows that are drawn here. `places` says where by time zone.
const PARIS = "Europe/Paris";

export function makeFormats(locale, places = {}) {
  const tag = locale === "fr" ? "fr-FR" : "en-GB";
  const currencies = new Map();
  const counts = new Intl.NumberFormat(tag);
  const time = new Intl.DateTimeFormat("fr-FR", { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: PARIS });
  const date = new Intl.DateTimeFormat(tag, { day: "numeric", month: "short", year: "numeric", timeZone: PARIS });
  let second = { at: NaN, text: "" };
  const clocks = new Map(); // by time zone; null for one that is newer than this browser

  function clockOf(zone) {
    if (!clocks.has(zone)) {
      let made = null;
      try {
        made = {
          // To compare with, and to read: day and hour.
          whole: new Intl.DateTimeFormat("fr-FR", { dateStyle: "short", timeStyle: "short", timeZone: zone }),
          day: new Intl.DateTimeFormat("fr-FR", { dateStyle: "short", timeZone: zone }),
          hour: new Intl.DateTimeFormat("fr-FR", { hour: "2-digit", minute: "2-digit", timeZone: zone }),
          month: new Intl.DateTimeFormat(tag, { day: "numeric", month: "short", timeZone: zone }),
        };
      } catch {
        // A page without a store's hour is better than no page.
      }
      clocks.set(zone, made);
    }
    return clocks.get(zone);
  }
  return {
    money(value) {
      if (!value) return "–";
      let format = currencies.get(value.currency);
      if (!format) {
        const number = new Intl.NumberFormat(tag, { style: "currency", currency: value.currency, currencyDisplay: "narrowSymbol" });
        format = { number, unit: 10 ** number.resolvedOptions().maximumFractionDigits };
        currencies.set(value.currency, format);
      }
      return format.number.format(value.amount / format.unit).replace("-", "\u2212");
    },
    clock(text) {
      // Many rows share a second: the last one is kept.
      const at = Math.floor(new Date(text).getTime() / 1000);
      if (at !== second.at) second = { at, text: time.format(at * 1000) };
      return second.text;
    },
    // The hour at a store whose clock differs from that of Paris, with its day where that differs too.
    beside(text, zone) {
      const there = zone ? clockOf(zone) : null;
      if (!there || zone === PARIS) return "";
      const at = Date.parse(text), here = clockOf(PARIS);
      if (there.whole.format(at) === here.whole.format(at)) return "";
      const hour = there.hour.format(at);
      const said = there.day.format(at) === here.day.format(at) ? hour : `${there.month.format(at)} ${hour}`;
      return `${said} ${places[zone] ?? zone}`;
    },
    exact: (text) => `${date.format(Date.parse(text))} ${time.format(Date.parse(text))}`,
    count: (value) => counts.format(value),
  };
}
