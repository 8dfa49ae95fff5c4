"""AUT-6: what each reason means: who declined, soft or hard, may it be tried again, and the words for people.

French says vous, in short plain sentences. Customer texts say what happened and what to do, and never accuse;
agent texts may name the cause; the next step is what the agent does or advises.
"""

from typing import Final

from core.contracts.reasons import Reason
from core.transactions.reasons_host import HOST_REASONS
from core.transactions.reasons_model import Meaning, Words

_TRY_LATER_FR = "Le paiement n’a pas pu être fait. Réessayez dans quelques minutes."
_TRY_LATER_EN = "The payment could not be made. Try again in a few minutes."
_SHOP_FR = "Ce magasin ne peut pas prendre ce paiement pour le moment."
_SHOP_EN = "This shop cannot take this payment at the moment."
_NOTHING_FR = "Rien à faire."
_NOTHING_EN = "Nothing to do."

REASONS: Final[dict[Reason, Meaning]] = {
    Reason.NONE: Meaning(
        "nobody",
        "none",
        False,
        Words(
            "Le paiement est en cours.", "Le résultat n’est pas encore connu.", "Attendez quelques secondes."
        ),
        Words("The payment is in progress.", "The result is not known yet.", "Wait a few seconds."),
    ),
    Reason.TERMINAL_UNKNOWN: Meaning(
        "us",
        "hard",
        False,
        Words(
            _SHOP_FR,
            "Ce numéro de terminal n’existe pas chez nous.",
            "Vérifiez le numéro et le contrat du magasin.",
        ),
        Words(_SHOP_EN, "We have no terminal with this number.", "Check the number and the shop’s contract."),
    ),
    Reason.TERMINAL_BLOCKED: Meaning(
        "us",
        "hard",
        False,
        Words(
            _SHOP_FR,
            "Le terminal est bloqué.",
            "Lisez le motif du blocage, puis débloquez s’il n’a plus lieu d’être.",
        ),
        Words(
            _SHOP_EN,
            "The terminal is blocked.",
            "Read why it was blocked; unblock it if that no longer holds.",
        ),
    ),
    Reason.TERMINAL_NOT_ACTIVE: Meaning(
        "us",
        "hard",
        False,
        Words(
            _SHOP_FR,
            "Le terminal n’est pas activé : il ne l’est pas encore, ou il a été retiré.",
            "Voyez sa fiche : le technicien l’active ou le remet en service.",
        ),
        Words(
            _SHOP_EN,
            "The terminal is not active: not yet, or it was retired.",
            "See its record: the technician activates it or puts it into service again.",
        ),
    ),
    Reason.STORE_BLOCKED: Meaning(
        "us",
        "hard",
        False,
        Words(
            _SHOP_FR,
            "Le magasin est bloqué.",
            "Lisez le motif du blocage, puis débloquez s’il n’a plus lieu d’être.",
        ),
        Words(
            _SHOP_EN, "The shop is blocked.", "Read why it was blocked; unblock it if that no longer holds."
        ),
    ),
    Reason.SERVICE_NOT_ACTIVE: Meaning(
        "us",
        "hard",
        False,
        Words(
            _SHOP_FR,
            "Le service de paiement du magasin n’est pas actif.",
            "Vérifiez le contrat, puis activez le service.",
        ),
        Words(
            _SHOP_EN,
            "The shop’s payment service is not active.",
            "Check the contract, then activate the service.",
        ),
    ),
    Reason.SERVICE_BLOCKED: Meaning(
        "us",
        "hard",
        False,
        Words(
            _SHOP_FR,
            "Le service de paiement du magasin est bloqué.",
            "Lisez le motif, puis débloquez s’il n’a plus lieu d’être.",
        ),
        Words(
            _SHOP_EN,
            "The shop’s payment service is blocked.",
            "Read why; unblock it if that no longer holds.",
        ),
    ),
    Reason.CURRENCY_REFUSED: Meaning(
        "us",
        "hard",
        False,
        Words(
            "Cette monnaie n’est pas acceptée ici.",
            "Le service n’accepte pas cette monnaie.",
            "Corrigez la monnaie réglée sur le terminal.",
        ),
        Words(
            "This currency is not accepted here.",
            "The service does not take this currency.",
            "Correct the currency set on the terminal.",
        ),
    ),
    Reason.BRAND_REFUSED: Meaning(
        "us",
        "hard",
        False,
        Words(
            "Ce type de carte n’est pas accepté ici. Utilisez une autre carte.",
            "Le contrat ne couvre pas cette marque de carte.",
            "Proposez une autre carte, ou ajoutez la marque au contrat.",
        ),
        Words(
            "This type of card is not accepted here. Use another card.",
            "The contract does not cover this card brand.",
            "Offer another card, or add the brand to the contract.",
        ),
    ),
    Reason.AMOUNT_ABOVE_LIMIT: Meaning(
        "us",
        "hard",
        False,
        Words(
            "Le montant dépasse le maximum accepté ici.",
            "Le montant dépasse le plafond par transaction du service.",
            "Proposez un autre moyen de paiement, ou faites revoir le plafond.",
        ),
        Words(
            "The amount is above the maximum accepted here.",
            "The amount is above the service’s limit for one transaction.",
            "Offer another means of payment, or have the limit reviewed.",
        ),
    ),
    Reason.TERMINAL_DAY_LIMIT: Meaning(
        "us",
        "soft",
        True,
        Words(
            _SHOP_FR,
            "Le plafond du jour de ce terminal est atteint.",
            "Utilisez un autre terminal, ou faites revoir le plafond.",
        ),
        Words(
            _SHOP_EN,
            "This terminal has reached its limit for the day.",
            "Use another terminal, or have the limit reviewed.",
        ),
    ),
    Reason.STORE_DAY_LIMIT: Meaning(
        "us",
        "soft",
        True,
        Words(
            _SHOP_FR,
            "Le plafond du jour de ce magasin est atteint.",
            "Attendez demain, ou faites revoir le plafond.",
        ),
        Words(
            _SHOP_EN,
            "This shop has reached its limit for the day.",
            "Wait until tomorrow, or have the limit reviewed.",
        ),
    ),
    Reason.DUPLICATE_PAYMENT: Meaning(
        "us",
        "soft",
        True,
        Words(
            "Ce paiement vient déjà d’être fait. Vous ne payez qu’une fois.",
            "Même carte, même montant, même magasin, à quelques minutes d’écart.",
            "Vérifiez le premier paiement. Si le second est voulu, recommencez plus tard.",
        ),
        Words(
            "This payment was just made. You pay only once.",
            "Same card, same amount, same shop, within a few minutes.",
            "Check the first payment. If a second one is meant, try again later.",
        ),
    ),
    Reason.ALREADY_REVERSED: Meaning(
        "us",
        "hard",
        False,
        Words(
            "Ce paiement a été annulé.",
            "Le terminal avait déjà annulé cette opération.",
            "Refaites un nouveau paiement si besoin.",
        ),
        Words(
            "This payment was cancelled.",
            "The terminal had already taken this operation back.",
            "Make a new payment if needed.",
        ),
    ),
    Reason.BUSINESS_DATE_REFUSED: Meaning(
        "us",
        "hard",
        False,
        Words(_SHOP_FR, "La date du terminal est trop loin de la nôtre.", "Mettez le terminal à l’heure."),
        Words(_SHOP_EN, "The terminal’s date is too far from ours.", "Set the terminal’s clock."),
    ),
    Reason.REPEAT_DIFFERS: Meaning(
        "us",
        "hard",
        False,
        Words(
            _TRY_LATER_FR,
            "Le terminal a réutilisé un numéro d’opération pour un autre paiement.",
            "Redémarrez le terminal. Si cela revient, signalez-le au technicien.",
        ),
        Words(
            _TRY_LATER_EN,
            "The terminal used one operation number again for another payment.",
            "Restart the terminal. If it happens again, tell the technician.",
        ),
    ),
    Reason.ORIGINAL_NOT_FOUND: Meaning(
        "us",
        "hard",
        False,
        Words(
            "Le paiement d’origine n’a pas été trouvé.",
            "Aucune opération ne correspond à cette référence.",
            "Cherchez le paiement avec son ticket.",
        ),
        Words(
            "The original payment was not found.",
            "No operation matches this reference.",
            "Look for the payment with its receipt.",
        ),
    ),
    Reason.ORIGINAL_NOT_CAPTURABLE: Meaning(
        "us",
        "hard",
        False,
        Words(
            "Ce paiement ne peut plus être débité.",
            "L’opération d’origine n’est pas approuvée, ou elle est déjà annulée.",
            "Refaites un nouveau paiement.",
        ),
        Words(
            "This payment can no longer be charged.",
            "The original operation is not approved, or was cancelled.",
            "Make a new payment.",
        ),
    ),
    Reason.REFUND_ABOVE_CAPTURED: Meaning(
        "us",
        "hard",
        False,
        Words(
            "Le remboursement dépasse le montant payé.",
            "La somme des remboursements dépasserait le montant capturé.",
            "Remboursez au plus le reste.",
        ),
        Words(
            "The refund is above what was paid.",
            "The refunds together would be above what was captured.",
            "Refund at most what remains.",
        ),
    ),
    Reason.CARD_EXPIRED_AT_TERMINAL: Meaning(
        "us",
        "hard",
        False,
        Words(
            "Votre carte a expiré. Utilisez une autre carte.",
            "La date de la carte est passée ; rien n’a été envoyé à la banque.",
            "Demandez une autre carte.",
        ),
        Words(
            "Your card has expired. Use another card.",
            "The card’s date has passed; nothing was sent to the bank.",
            "Ask for another card.",
        ),
    ),
    Reason.MESSAGE_REFUSED: Meaning(
        "us",
        "hard",
        False,
        Words(
            _TRY_LATER_FR,
            "Le message du terminal n’est pas conforme.",
            "Vérifiez la version du logiciel du terminal.",
        ),
        Words(
            _TRY_LATER_EN,
            "The terminal’s message is not well formed.",
            "Check the version of the terminal’s software.",
        ),
    ),
    Reason.SYSTEM_BUSY: Meaning(
        "us",
        "soft",
        True,
        Words(
            _TRY_LATER_FR,
            "Nos systèmes étaient trop chargés ; rien n’a été envoyé.",
            "Réessayez. Si cela dure, prévenez l’exploitation.",
        ),
        Words(
            _TRY_LATER_EN,
            "Our systems were too busy; nothing was sent.",
            "Try again. If it lasts, tell operations.",
        ),
    ),
    Reason.ALREADY_CAPTURED: Meaning(
        "us",
        "hard",
        False,
        Words(
            "Ce paiement est déjà débité.",
            "L’opération est déjà capturée.",
            "Faites un remboursement.",
        ),
        Words(
            "This payment has already been charged.",
            "The operation is captured already.",
            "Make a refund.",
        ),
    ),
    Reason.ORIGINAL_DISAGREES: Meaning(
        "us",
        "hard",
        False,
        Words(
            "L’opération n’a pas été annulée. Adressez-vous au magasin.",
            "Le terminal nomme une opération et en décrit une autre : heure, montant, devise, carte ou référence"
            " diffèrent.",
            "Comparez les deux, puis annulez ou remboursez la bonne opération.",
        ),
        Words(
            "The operation was not cancelled. Please ask the shop.",
            "The terminal names one operation and describes another: time, amount, currency, card or reference differ.",
            "Compare the two, then cancel or refund the right one.",
        ),
    ),
    Reason.REPLACEMENT_REFUSED: Meaning(
        "us",
        "hard",
        False,
        Words(
            "Le montant n’a pas été modifié. Adressez-vous au magasin.",
            "Le terminal demande d’annuler une partie qui ne peut pas l’être.",
            "Faites un remboursement de la différence.",
        ),
        Words(
            "The amount was not changed. Please ask the shop.",
            "The terminal asks to take back a part that cannot be taken back.",
            "Refund the difference.",
        ),
    ),
    Reason.HOST_UNREACHABLE: Meaning(
        "us",
        "soft",
        True,
        Words(
            _TRY_LATER_FR,
            "La liaison avec l’acquéreur était coupée ; rien n’a été envoyé.",
            "Réessayez. Si cela dure, vérifiez l’état des liaisons.",
        ),
        Words(
            _TRY_LATER_EN,
            "The link to the acquirer was down; nothing was sent.",
            "Try again. If it lasts, check the state of the links.",
        ),
    ),
    Reason.HOST_NO_REPLY: Meaning(
        "nobody",
        "soft",
        True,
        Words(
            "La banque n’a pas répondu. Vous n’êtes pas débité : si un montant apparaît, il sera rendu.",
            "L’acquéreur n’a pas répondu à temps. Le résultat est inconnu et l’annulation part seule.",
            "Refaites le paiement. Suivez l’annulation sur cette page.",
        ),
        Words(
            "The bank did not answer. You are not charged: if an amount shows, it will be given back.",
            "The acquirer did not answer in time. The result is unknown and the reversal leaves by itself.",
            "Make the payment again. Follow the reversal on this page.",
        ),
    ),
    Reason.HOST_CODE_UNKNOWN: Meaning(
        "nobody",
        "soft",
        True,
        Words(
            "La réponse de la banque n’est pas claire. Vous n’êtes pas débité : un montant affiché sera rendu.",
            "L’acquéreur a répondu sans code connu. Le résultat est inconnu et l’annulation part seule.",
            "Refaites le paiement. Signalez le code à l’acquéreur.",
        ),
        Words(
            "The bank’s answer was not clear. You are not charged: an amount that shows will be given back.",
            "The acquirer answered without a code that we know. The result is unknown; the reversal leaves by itself.",
            "Make the payment again. Report the code to the acquirer.",
        ),
    ),
    Reason.HOST_ANSWER_DIFFERS: Meaning(
        "nobody",
        "soft",
        True,
        Words(
            "La réponse de la banque ne correspond pas à ce paiement. Un montant affiché sera rendu.",
            "La réponse de l’acquéreur ne correspond pas à la demande. L’annulation part seule.",
            "Refaites le paiement. Comparez les deux messages et signalez l’écart à l’acquéreur.",
        ),
        Words(
            "The bank’s answer does not match this payment. An amount that shows will be given back.",
            "The acquirer’s answer does not match what was asked. The reversal leaves by itself.",
            "Make the payment again. Compare the two messages and report the difference to the acquirer.",
        ),
    ),
    Reason.REVERSED_BY_TERMINAL: Meaning(
        "nobody",
        "none",
        True,
        Words(
            "Ce paiement a été annulé.",
            "Le terminal a repris l’opération, le plus souvent faute de réponse.",
            "Refaites le paiement si besoin.",
        ),
        Words(
            "This payment was cancelled.",
            "The terminal took the operation back, mostly for want of an answer.",
            "Make the payment again if needed.",
        ),
    ),
    Reason.CANCELLED_BY_CUSTOMER: Meaning(
        "nobody",
        "none",
        True,
        Words("Vous avez annulé ce paiement.", "Annulation demandée sur le terminal.", _NOTHING_FR),
        Words("You cancelled this payment.", "Cancelled at the terminal.", _NOTHING_EN),
    ),
    Reason.CANCELLED_BY_AGENT: Meaning(
        "nobody",
        "none",
        False,
        Words(
            "Ce paiement a été annulé à votre demande.",
            "Un agent a annulé l’opération avant sa capture.",
            _NOTHING_FR,
        ),
        Words(
            "This payment was cancelled at your request.",
            "An agent cancelled the operation before its capture.",
            _NOTHING_EN,
        ),
    ),
    Reason.ADVICE_BOOKED: Meaning(
        "nobody",
        "none",
        False,
        Words(
            "Paiement accepté.",
            "Paiement accepté hors ligne par le terminal, puis enregistré ici.",
            _NOTHING_FR,
        ),
        Words("Payment accepted.", "Accepted offline by the terminal, then booked here.", _NOTHING_EN),
    ),
}
REASONS.update(HOST_REASONS)


def meaning_of(reason: int) -> Meaning:
    """Return what a stored reason means; a number of a newer version means: other decline."""
    try:
        return REASONS[Reason(reason)]
    except ValueError:
        return REASONS[Reason.OTHER_DECLINE]
