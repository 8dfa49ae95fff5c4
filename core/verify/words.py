"""What a verification says, by code, in English and French: the one table, for `guichet verify` and for `core.verify`.

Facts go in by str.format. A test holds that every code has both languages and that none is left over.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, TypeAlias

Language: TypeAlias = Literal["en", "fr"]
Fact: TypeAlias = str | int | Sequence[int]

WORDS: Final[dict[str, tuple[str, str]]] = {
    # The invariants, by their names.
    "V1": (
        "every ledger transaction sums to zero per currency",
        "chaque écriture du grand livre s’équilibre par devise",
    ),
    "V1 owners": (
        "each entry is of its acquirer or its store, in the currency of its payment",
        "chaque écriture est à son acquéreur ou à son magasin, dans la devise du paiement",
    ),
    "V1 refunds": (
        "what is given back is what refunds say, to the card that paid",
        "ce qui est rendu est ce que disent les remboursements, à la carte qui a payé",
    ),
    "V1 position": (
        "what is held and posted is what each attempt's state says",
        "ce qui est réservé et passé correspond à l’état de chaque paiement",
    ),
    "V2": (
        "no ledger operation key twice",
        "aucune clé d’opération du grand livre n’existe en double",
    ),
    "V3": (
        "what a terminal was told is in the database",
        "ce qu’un terminal s’est vu répondre est en base",
    ),
    "V4": (
        "no attempt sent or unknown past its deadline plus {minutes} minutes",
        "aucun paiement envoyé ou sans réponse plus de {minutes} minutes après son délai",
    ),
    "V5": (
        "every attempt that timed out has a reversal that the host accepted",
        "chaque paiement hors délai a une annulation que l’acquéreur a acceptée",
    ),
    "V6": (
        "the acquirer's own book equals ours, reference by reference",
        "le livre de l’acquéreur est égal au nôtre, référence par référence",
    ),
    "V7": (
        "no event older than a minute outside its consumer's inbox",
        "aucun événement de plus d’une minute hors de la boîte de son destinataire",
    ),
    "V7 once": (
        "no event in two ranges of its consumer's inbox",
        "aucun événement n’est dans deux plages de la boîte de son destinataire",
    ),
    "V8": (
        "no instalment collected twice; no debit posted twice",
        "aucune échéance encaissée deux fois, aucun débit passé deux fois",
    ),
    "V8 repeats": (
        "no payment stands beside its own repeat",
        "aucun paiement ne subsiste à côté de sa propre répétition",
    ),
    "V9 rows": ("no card number in the database", "aucun numéro de carte en base"),
    "V9 shown": (
        "no more of a card number than its BIN and last four",
        "d’une carte, rien de plus que le BIN et les quatre derniers chiffres",
    ),
    "V9 files": (
        "no card number in logs and streams",
        "aucun numéro de carte dans les journaux et les flux",
    ),
    "V9 audit": (
        "the audit is one chain, every link what its row gives",
        "l’audit est une seule chaîne, chaque maillon égal à ce que donne sa ligne",
    ),
    "V10": (
        "what a reversal was told 00 about is taken back, or stands on no date",
        "ce dont une annulation s’est vu répondre 00 est repris, ou n’existe à aucune date",
    ),
    "V10 asked": (
        "nothing is taken back that no reversal describes",
        "rien n’est repris qu’aucune annulation ne décrive",
    ),
    "V10 repeated": (
        "a repeated reversal takes back what its first sending took back",
        "une annulation répétée reprend ce que son premier envoi avait repris",
    ),
    "V10 facts": (
        "what happened off line and was refused is shown to a person",
        "ce qui s’est passé hors ligne et a été refusé est montré à quelqu’un",
    ),
    "V10 advices": (
        "what is booked off line is a sale that its terminal says was made, and completes no hold",
        "ce qui est enregistré hors ligne est une vente que son terminal dit faite, et ne finalise aucune réservation",
    ),
    "V11": (
        "amount, currency, card and reference of each booked answer are those asked for",
        "montant, devise, carte et référence de chaque réponse inscrite sont ceux demandés",
    ),
    "V12": (
        (
            "each refund, cancellation, block, limit, right and closed matter has its person, large refunds two of"
            " them"
        ),
        (
            "chaque remboursement, annulation, blocage, plafond, droit et dossier clos a son auteur, les grands"
            " remboursements deux"
        ),
    ),
    "V13": (
        "every figure on a page equals the transactions that it counts",
        "chaque chiffre d’une page égale les transactions qu’il compte",
    ),
    "V13 books": (
        "gross less refunds is what the books hold and have posted",
        "le brut moins les remboursements est ce que les livres réservent et ont passé",
    ),
    "V13 lists": (
        "every payment is in the lists of its store and found by the search",
        "chaque paiement est dans les listes de son magasin et se trouve par la recherche",
    ),
    # How they were looked at.
    "note.no_journal": (
        "not compared: no journal was given",
        "pas comparé : aucun journal n’a été donné",
    ),
    "note.no_book": ("not compared: no book was given", "pas comparé : aucun livre n’a été donné"),
    "note.attempts": ("{count} attempts here", "{count} paiements ici"),
    "note.exchanges": (
        "{count} exchanges with hosts compared",
        "{count} échanges avec des acquéreurs comparés",
    ),
    "note.chain": ("up to #{number}, hash {digits}…", "jusqu’au n° {number}, empreinte {digits}…"),
    "note.debits": ("0 instalments, debits checked", "0 échéance, débits vérifiés"),
    "note.sampled": ("sampled: {tables}", "par échantillon : {tables}"),
    "note.cut": (
        "{count} files read at both ends only",
        "{count} fichiers lus aux deux bouts seulement",
    ),
    # A breach that is known by its transaction alone.
    "transaction": ("{id}", "{id}"),
    # V3, what a terminal was told.
    "told.reversed_unrecorded": (
        "reversal acknowledged, nothing recorded: {reference} (terminal {terminal} {day} STAN {stan:06d})",
        "annulation confirmée, rien n’est enregistré : {reference} (terminal {terminal} {day} STAN {stan:06d})",
    ),
    "told.reversed_in_part": (
        "reversal in part acknowledged, more is held: {reference} (terminal {terminal} {day} STAN {stan:06d})",
        (
            "annulation partielle confirmée, il reste réservé davantage : {reference}"
            " (terminal {terminal} {day} STAN {stan:06d})"
        ),
    ),
    "told.not_reversed": (
        "reversal acknowledged, not reversed: {reference} (terminal {terminal} {day} STAN {stan:06d})",
        "annulation confirmée, rien n’est annulé : {reference} (terminal {terminal} {day} STAN {stan:06d})",
    ),
    "told.advice_unrecorded": (
        "advice acknowledged, nothing recorded: {reference} (terminal {terminal} {day} STAN {stan:06d})",
        "avis confirmé, rien n’est enregistré : {reference} (terminal {terminal} {day} STAN {stan:06d})",
    ),
    "told.advice_not_booked": (
        "advice acknowledged, not booked: {reference} (terminal {terminal} {day} STAN {stan:06d})",
        "avis confirmé, pas inscrit : {reference} (terminal {terminal} {day} STAN {stan:06d})",
    ),
    "told.advice_amount": (
        "advice acknowledged, another amount: {reference} (terminal {terminal} {day} STAN {stan:06d})",
        "avis confirmé, autre montant : {reference} (terminal {terminal} {day} STAN {stan:06d})",
    ),
    "told.approved_unrecorded": (
        "told approved, nothing recorded: {reference} (terminal {terminal} {day} STAN {stan:06d})",
        "réponse « accepté », rien n’est enregistré : {reference} (terminal {terminal} {day} STAN {stan:06d})",
    ),
    "told.not_approved_here": (
        "told approved, not approved here: {reference} (terminal {terminal} {day} STAN {stan:06d})",
        "réponse « accepté », pas accepté ici : {reference} (terminal {terminal} {day} STAN {stan:06d})",
    ),
    "told.amount": (
        "told another amount: {reference} (terminal {terminal} {day} STAN {stan:06d})",
        "réponse avec un autre montant : {reference} (terminal {terminal} {day} STAN {stan:06d})",
    ),
    "told.approval_code": (
        "told another approval code: {reference} (terminal {terminal} {day} STAN {stan:06d})",
        "réponse avec un autre code d’autorisation : {reference} (terminal {terminal} {day} STAN {stan:06d})",
    ),
    "told.reference": (
        "told another reference: {reference} (terminal {terminal} {day} STAN {stan:06d})",
        "réponse avec une autre référence : {reference} (terminal {terminal} {day} STAN {stan:06d})",
    ),
    "told.approved_here": (
        "told declined, approved here: {reference} (terminal {terminal} {day} STAN {stan:06d})",
        "réponse « refusé », accepté ici : {reference} (terminal {terminal} {day} STAN {stan:06d})",
    ),
    # V6, the acquirer's book.
    "book.nothing_here": (
        "{state} there, nothing here: {reference}",
        "{state} là-bas, rien ici : {reference}",
    ),
    "book.nothing_there": (
        "approved here, nothing there: {reference}",
        "accepté ici, rien là-bas : {reference}",
    ),
    "book.undone_there": (
        "approved here, {state} there: {reference}",
        "accepté ici, {state} là-bas : {reference}",
    ),
    "book.amount": ("another amount there: {reference}", "autre montant là-bas : {reference}"),
    "book.currency": ("another currency there: {reference}", "autre devise là-bas : {reference}"),
    "book.card": ("another card there: {reference}", "autre carte là-bas : {reference}"),
    "book.captured": (
        "another amount captured there: {reference}",
        "autre montant capturé là-bas : {reference}",
    ),
    "book.not_here": ("{state} there, not here: {reference}", "{state} là-bas, pas ici : {reference}"),
    "book.not_ours": (
        "{state} there under a reference that is not ours: {reference}",
        "{state} là-bas sous une référence qui n’est pas la nôtre : {reference}",
    ),
    # What a fact `state` names.
    "state.approved": ("approved", "accepté"),
    "state.partially_approved": ("partially_approved", "accepté en partie"),
    "state.declined": ("declined", "refusé"),
    "state.reversed": ("reversed", "annulé"),
    "state.captured": ("captured", "capturé"),
    "state.refunded": ("refunded", "remboursé"),
    # V9, card numbers and the chain of actions.
    "card.row": ("{table}.{column}", "{table}.{column}"),
    "card.file": ("{file} at byte {offset}", "{file} à l’octet {offset}"),
    "chain.link": ("action #{number}", "action n° {number}"),
    "chain.without_number": ("an action without a number", "une action sans numéro"),
    "chain.lost": (
        "action #{number} was whole once and is not there any more",
        "l’action n° {number} était entière et n’est plus là",
    ),
    # V11, answers of hosts. A fact `fields` is said as `field` for each.
    "answer.differs": ("{fields}: {id}", "{fields} : {id}"),
    "answer.unreadable": ("an exchange that cannot be read: {id}", "un échange illisible : {id}"),
    "field": ("field {number}", "champ {number}"),
    # V12, people.
    "refund.no_action": (
        "refund {id}: no action of a person",
        "remboursement {id} : aucune action d’une personne",
    ),
    "refund.of_another": (
        "refund {id}: its action is about another refund",
        "remboursement {id} : son action porte sur un autre remboursement",
    ),
    "refund.by_nobody": (
        "refund {id}: its action names nobody",
        "remboursement {id} : son action ne nomme personne",
    ),
    "refund.above_limit": (
        "refund {id}: above the limit, and nobody approved it",
        "remboursement {id} : au-dessus du plafond, et personne n’a donné son accord",
    ),
    "refund.approval_of_another": (
        "refund {id}: its approval is of something else",
        "remboursement {id} : son accord porte sur autre chose",
    ),
    "refund.done_and_refused": (
        "refund {id}: refused, and its approval says that it was done",
        "remboursement {id} : refusé, et son accord le dit fait",
    ),
    "refund.one_person": (
        "refund {id}: not approved by a second person",
        "remboursement {id} : sans l’accord d’une deuxième personne",
    ),
    "refund.approval_without_action": (
        "refund {id}: its approval has no action of its people",
        "remboursement {id} : son accord est sans action de ses auteurs",
    ),
    "refund.right_from_the_first": (
        "refund {id}: its second person holds the right from the first, or not at all",
        "remboursement {id} : sa deuxième personne tient son droit de la première, ou ne l’a pas",
    ),
    "cancellation.no_action": (
        "cancellation {id}: no action of a person",
        "annulation {id} : aucune action d’une personne",
    ),
    "matter.no_action": (
        "matter {id}: closed without an action of a person",
        "dossier {id} : clos sans action d’une personne",
    ),
    "block.no_action": (
        "block {id}: no action of a person",
        "blocage {id} : aucune action d’une personne",
    ),
    "block.lifted_without_action": (
        "block {id}: lifted without an action",
        "blocage {id} : levé sans action",
    ),
    "block.stands": (
        "block {id}: lifted by a person, and stands",
        "blocage {id} : levé par une personne, et toujours en place",
    ),
    "echo.without_block": (
        "{id}: blocked without a block",
        "{id} : marqué comme bloqué, sans blocage",
    ),
    "echo.not_in_force": (
        "{id}: its block is not in force",
        "{id} : son blocage n’est pas appliqué",
    ),
    "limit.gone": (
        "limit {limit} {currency}: set by a person, and gone",
        "plafond {limit} {currency} : fixé par une personne, et disparu",
    ),
    "limit.no_action": (
        "limit {limit} {currency}: no action of a person",
        "plafond {limit} {currency} : aucune action d’une personne",
    ),
    "limit.differs": (
        "limit {limit} {currency}: not what its last action says",
        "plafond {limit} {currency} : différent de ce que dit sa dernière action",
    ),
    "limit.of_service_differs": (
        "limit {limit} of {service}: not what its last action says",
        "plafond {limit} de {service} : différent de ce que dit sa dernière action",
    ),
    "grant.no_action": ("grant {id}: no action of a person", "droit {id} : aucune action d’une personne"),
    "grant.of_another": (
        "grant {id}: its action is about another grant",
        "droit {id} : son action porte sur un autre droit",
    ),
    "grant.elsewhere": (
        "grant {id}: reaches elsewhere than it was given",
        "droit {id} : porte ailleurs que là où il a été donné",
    ),
    "grant.revoked_without_action": (
        "grant {id}: revoked without an action",
        "droit {id} : retiré sans action",
    ),
    "grant.stands": (
        "grant {id}: revoked by a person, and stands",
        "droit {id} : retiré par une personne, et toujours en place",
    ),
    "role.taken_away": (
        "role {role}, {permission}: taken away without an action",
        "rôle {role}, {permission} : retiré sans action",
    ),
    "role.allowed": (
        "role {role}, {permission}: allowed without an action",
        "rôle {role}, {permission} : accordé sans action",
    ),
    # What a drain waits for, by the columns of the statement that counts it.
    "left.sent": ("sent", "envoyés"),
    "left.unknown": ("unknown", "sans réponse"),
    "left.undelivered": ("undelivered", "à remettre"),
    "left.unconsumed": ("unconsumed", "à compter"),
}


def say(code: str, facts: Mapping[str, Fact], language: Language = "en") -> str:
    """Return the words of a code, facts filled in; facts that are codes themselves are said in the same language.

    Raises: KeyError for a code that the table does not hold.
    """
    english, french = WORDS[code]
    shown: dict[str, object] = dict(facts)
    if (state := f"state.{facts.get('state')}") in WORDS:
        shown["state"] = say(state, {}, language)
    if not isinstance(fields := facts.get("fields", ""), str | int):
        shown["fields"] = ", ".join(say("field", {"number": number}, language) for number in fields)
    return (french if language == "fr" else english).format(**shown)
