// The same formats as portals/kit/formats.py, for rows that are drawn here.
const PARIS = "Europe/Paris";

export function makeFormats(locale) {
  const tag = locale === "fr" ? "fr-FR" : "en-GB";
  const currencies = new Map();
  const counts = new Intl.NumberFormat(tag);
  const time = new Intl.DateTimeFormat("fr-FR", { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: PARIS });
  const date = new Intl.DateTimeFormat(tag, { day: "numeric", month: "short", year: "numeric", timeZone: PARIS });
  let second = { at: NaN, text: "" };
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
    exact: (text) => `${date.format(Date.parse(text))} ${time.format(Date.parse(text))}`,
    count: (value) => counts.format(value),
  };
}
