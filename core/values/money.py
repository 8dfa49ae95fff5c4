"""Money: integers of minor units with a currency; never a float."""

from typing import NamedTuple

_NO_DECIMALS = (
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"
)  # fmt: skip
_FOUR_DECIMALS = ("CLF", "UYW")
_THREE_DECIMALS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
EXPONENTS = {
    **dict.fromkeys(("EUR", "GBP", "USD", "CHF"), 2),
    **dict.fromkeys(_NO_DECIMALS, 0),
    **dict.fromkeys(_THREE_DECIMALS, 3),
    **dict.fromkeys(_FOUR_DECIMALS, 4),
}
"""Digits after the point, by ISO 4217 alphabetic code; two for every other one."""

_CODES = (
    "008ALL 012DZD 032ARS 036AUD 044BSD 048BHD 050BDT 051AMD 052BBD 060BMD 064BTN 068BOB 072BWP 084BZD 090SBD "
    "096BND 104MMK 108BIF 116KHR 124CAD 132CVE 136KYD 144LKR 152CLP 156CNY 170COP 174KMF 188CRC 191HRK 192CUP "
    "203CZK 208DKK 214DOP 222SVC 230ETB 232ERN 238FKP 242FJD 262DJF 270GMD 292GIP 320GTQ 324GNF 328GYD 332HTG "
    "340HNL 344HKD 348HUF 352ISK 356INR 360IDR 364IRR 368IQD 376ILS 388JMD 392JPY 396XAD 398KZT 400JOD 404KES "
    "408KPW 410KRW 414KWD 417KGS 418LAK 422LBP 426LSL 430LRD 434LYD 446MOP 454MWK 458MYR 462MVR 480MUR 484MXN "
    "496MNT 498MDL 504MAD 512OMR 516NAD 524NPR 532XCG 533AWG 548VUV 554NZD 558NIO 566NGN 578NOK 586PKR 590PAB "
    "598PGK 600PYG 604PEN 608PHP 634QAR 643RUB 646RWF 654SHP 682SAR 690SCR 694SLL 702SGD 704VND 706SOS 710ZAR "
    "728SSP 748SZL 752SEK 756CHF 760SYP 764THB 776TOP 780TTD 784AED 788TND 800UGX 807MKD 818EGP 826GBP 834TZS "
    "840USD 858UYU 860UZS 882WST 886YER 901TWD 924ZWG 925SLE 926VED 927UYW 928VES 929MRU 930STN 931CUC 932ZWL "
    "933BYN 934TMT 936GHS 938SDG 940UYI 941RSD 943MZN 944AZN 946RON 947CHE 948CHW 949TRY 950XAF 951XCD 952XOF "
    "953XPF 955XBA 956XBB 957XBC 958XBD 959XAU 960XDR 961XAG 962XPT 964XPD 965XUA 967ZMW 968SRD 969MGA "
    "970COU 971AFN 972TJS 973AOA 975BGN 976CDF 977BAM 978EUR 979MXV 980UAH 981GEL 984BOV 985PLN 986BRL 990CLF "
    "994XSU 997USN "
)
NUMERIC_CODES = {code[:3]: code[3:] for code in _CODES.split()}
"""ISO 4217 numeric code (data element 49) to alphabetic, for every currency and fund of the list but
its codes for tests and for no currency.

What a terminal did off line may be in any; what a service takes is its own currency. Those that the list has lost in
late years stay: a terminal may not know. Source: ISO 4217, lists one and three.
"""

ALPHA_TO_NUMERIC = {alpha: numeric for numeric, alpha in NUMERIC_CODES.items()}


class Money(NamedTuple):
    """An amount of minor units (cents) of a currency."""

    amount_minor: int
    currency: str


def money_text(amount_minor: int, currency: str, locale: str) -> str:
    """Return an amount as papers and mails write it: `1 234,50 €` with its narrow spaces, or `€1,234.50`.

    With the decimals of its currency, which only the euro has a sign for: whose dollars they are must not be guessed.
    """
    digits = EXPONENTS.get(currency, 2)
    whole, part = divmod(amount_minor, 10**digits)
    french = locale == "fr"
    number = f"{whole:,}".replace(",", "\u202f") if french else f"{whole:,}"
    if digits:
        number += f"{',' if french else '.'}{part:0{digits}d}"
    if french:
        return f"{number}\u00a0{'€' if currency == 'EUR' else currency}"
    return f"€{number}" if currency == "EUR" else f"{currency}\u00a0{number}"
