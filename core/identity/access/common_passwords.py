"""The passwords that guessers try first, made by their habits: `python -m core.identity.access.common_passwords`.

People who must write twelve characters take a word that they know, say it twice, or lengthen it with a year, a row
of digits or a walk over the keyboard, and end it with a mark (which `common_hash` takes off). The list holds those, French and English, as shortened hashes in their order.
"""

import itertools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from core.contracts.access import PASSWORD_CHARACTERS_MIN
from core.identity.access.passwords import COMMON_HASH_BYTES, common_hash


def _words(text: str) -> list[str]:
    return text.split()


_WORDS: Final = _words("""
password passw0rd p@ssword p@ssw0rd passwort motdepasse mdp secret administrator administrateur admin root user
utilisateur welcome bienvenue bonjour bonsoir salut hello letmein login connexion iloveyou jetaime monamour
moncoeur chouchou doudou loulou cheval soleil princesse princess dragon monkey football baseball basketball superman
batman starwars pokemon naruto azerty azertyuiop qwerty qwertyuiop qwertz chocolat chocolate nutella
marseille paris lyon toulouse bordeaux nantes lille france bretagne corse psg olympique losc
nicolas thomas julien alexandre maxime antoine camille marine charlotte manon pauline celine sophie isabelle nathalie
catherine jessica michael charlie jordan ashley daniel matthew andrew jennifer nicole anthony summer winter spring
autumn printemps automne hiver sunshine shadow master freedom whatever trustno1 computer ordinateur internet
samsung google facebook apple microsoft windows guichet banque paiement terminal magasin boutique caisse hotline
support technicien commercial superviseur changeme changezmoi temporaire provisoire entreprise societe test demo
demonstration default security securite january february march april june july august september october november
december janvier fevrier mars avril juin juillet aout septembre octobre novembre decembre lundi mardi mercredi jeudi
vendredi samedi dimanche monday friday sunday liberte doctolib vacances famille maison voiture guitare musique
papillon chaton licorne tigrou filou caramel cookie vanille orange citron pompier ferrari porsche mercedes
liverpool arsenal chelsea barcelona realmadrid juventus mustang corvette yamaha honda killer hunter ranger harley
maverick phoenix merlin gandalf skywalker yankees cowboys eagles lakers steelers tigger buster ginger pepper maggie
bailey cookies flower lovely angel babygirl butterfly rainbow diamond purple silver golden matrix hockey soccer
""")
_DIGITS: Final = (
    *("1234567890"[:n] for n in range(1, 11)),
    "0", "00", "000", "0000", "007", "01", "11", "111", "1111", "12345678910", "123123", "123321", "1212", "13",
    "1313", "147", "147258", "159", "159357", "2000", "222", "2222", "321", "4321", "54321", "654321", "555", "5555",
    "666", "6666", "69", "6969", "777", "7777", "789", "888", "8888", "987654321", "99", "999", "9999", "1a2b3c",
    "abc", "abc123", "xyz", "75", "13", "69", "59", "33", "2a", "97", "qwerty", "azerty", "aze", "qsd",
)  # fmt: skip
_YEARS: Final = tuple(str(year) for year in range(2030, 1959, -1))
_ROWS: Final = (
    "1234567890", "0987654321", "azertyuiop", "qsdfghjklm", "wxcvbn", "qwertyuiop", "asdfghjkl", "zxcvbnm",
    "abcdefghijklmnopqrstuvwxyz", "1qaz2wsx3edc4rfv5tgb6yhn", "1a2z3e4r5t6y7u8i", "1q2w3e4r5t6y7u8i", "aqwzsxedcrfv",
    "123456789012345678901234567890", "147258369", "159753", "741852963", "a1b2c3d4e5f6g7h8", "112233445566778899",
)  # fmt: skip
_PHRASES: Final = _words("""
motdepassemotdepasse correcthorsebatterystaple thisismypassword monmotdepasse ceciestmonmotdepasse iloveyouforever
jetaimepourlavie jetaimemonamour letmeinplease ouvretoisesame opensesame nopassword pasdemotdepasse lemotdepasse
mypasswordis1 mysecretpassword topsecretpassword administrator1 administrateur1 liberteegalitefraternite
vivelafrance2024 allezlesbleus alleezlom allezparis loremipsumdolor supercalifragilistic tobeornottobe
maytheforcebewithyou quelaforcesoitavectoi harrypotterharry lordoftherings seigneurdesanneaux jesuischarlie
bonjourbonjour bienvenue1234 passwordpassword qwertyqwerty azertyazerty testtesttest adminadminadmin rootrootroot
guichetguichet demodemodemo
""")
LISTED: Final = 20_000
# Customers' passwords begin at eight characters, of which marks at the ends are taken off before they are looked for.
SHORT_CHARACTERS_MIN: Final = 5


def common_passwords() -> list[str]:
    """Return the list of agents and, after it, that of what only customers could take; each most likely first."""
    long = _likely(lambda one: len(one) >= PASSWORD_CHARACTERS_MIN)
    return long + _likely(lambda one: SHORT_CHARACTERS_MIN <= len(one) < PASSWORD_CHARACTERS_MIN)


def _likely(fits: Callable[[str], bool]) -> list[str]:
    singles = _PHRASES + [row * n for n in (1, 2) for row in _ROWS]
    singles += [row[:n] for row in _ROWS for n in range(PASSWORD_CHARACTERS_MIN, len(row))]
    singles += ["".join(pair) for pair in itertools.permutations(_ROWS[:8], 2)]
    singles += [row[:n] for row in _ROWS for n in range(SHORT_CHARACTERS_MIN, PASSWORD_CHARACTERS_MIN)]
    singles += [word * n for word in _WORDS for n in (1, 2, 3)]
    ends = [*_YEARS, *_DIGITS]
    lengthened = (f"{word}{end}" for end in ends for word in _WORDS)
    pairs = (f"{first}{second}" for first in _WORDS[:60] for second in _WORDS[:60] if first != second)
    candidates = itertools.chain(singles, lengthened, pairs)
    return list(itertools.islice(dict.fromkeys(filter(fits, candidates)), LISTED))


def as_bytes() -> bytes:
    """Return what the file beside this module holds."""
    hashes = sorted({common_hash(password) for password in common_passwords()})
    return b"".join(one for one in hashes if len(one) == COMMON_HASH_BYTES)


if __name__ == "__main__":
    sys.stdout.write(f"{Path(__file__).with_name('common_passwords.bin').write_bytes(as_bytes())} bytes\n")
