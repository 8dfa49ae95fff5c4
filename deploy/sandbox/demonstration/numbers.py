"""Company and store numbers that pass their checks, made from a counter."""


def siren(number: int) -> str:
    """Return 9 digits with a valid check digit, for numbers below 10,000,000."""
    return _with_check(f"9{number:07d}")


def siret(company: str, number: int) -> str:
    """Return 14 digits: the company's 9, a store number below 10,000, a check digit."""
    return _with_check(f"{company}{number:04d}")


def is_valid(digits: str) -> bool:
    """Return whether the last digit is the Luhn check of the others."""
    return _luhn_sum(digits) % 10 == 0


def _with_check(digits: str) -> str:
    return digits + str(-_luhn_sum(digits + "0") % 10)


def _luhn_sum(digits: str) -> int:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total
