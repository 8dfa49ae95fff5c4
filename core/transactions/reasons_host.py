"""Reasons that the issuer, the acquirer or a terminal in their place gave. See core.transactions.reasons for the rules of the texts."""

from typing import Final

from core.contracts.reasons import Reason
from core.transactions.reasons_model import Meaning, Words

_ASK_BANK_FR = "Votre banque n’a pas accepté ce paiement. Utilisez une autre carte ou appelez votre banque."
_ASK_BANK_EN = "Your bank did not accept this payment. Use another card or call your bank."
_TRY_LATER_FR = "Le paiement n’a pas pu être fait. Réessayez dans quelques minutes."
_TRY_LATER_EN = "The payment could not be made. Try again in a few minutes."
_SHOP_FR = "Ce magasin ne peut pas prendre ce paiement pour le moment."
_SHOP_EN = "This shop cannot take this payment at the moment."
_NOTHING_FR = "Rien à faire."
_NOTHING_EN = "Nothing to do."

HOST_REASONS: Final[dict[Reason, Meaning]] = {
    Reason.APPROVED: Meaning(
        "nobody",
        "none",
        False,
        Words("Paiement accepté.", "La banque du porteur a accepté.", _NOTHING_FR),
        Words("Payment accepted.", "The cardholder’s bank accepted.", _NOTHING_EN),
    ),
    Reason.PARTIAL_APPROVAL: Meaning(
        "nobody",
        "none",
        False,
        Words(
            "Une partie du montant est acceptée. Payez le reste autrement.",
            "La banque n’a accepté qu’une partie du montant.",
            "Demandez le reste par un autre moyen.",
        ),
        Words(
            "Part of the amount is accepted. Pay the rest in another way.",
            "The bank accepted only part of the amount.",
            "Ask for the rest by another means.",
        ),
    ),
    Reason.REFER_TO_ISSUER: Meaning(
        "issuer",
        "soft",
        True,
        Words(
            _ASK_BANK_FR,
            "La banque demande à être appelée.",
            "Demandez une autre carte, ou que le client appelle sa banque.",
        ),
        Words(
            _ASK_BANK_EN,
            "The bank asks to be called.",
            "Ask for another card, or for the customer to call the bank.",
        ),
    ),
    Reason.INVALID_MERCHANT: Meaning(
        "acquirer",
        "hard",
        False,
        Words(
            _SHOP_FR,
            "L’acquéreur ne connaît pas ce commerçant.",
            "Vérifiez le numéro de commerçant avec l’acquéreur.",
        ),
        Words(
            _SHOP_EN,
            "The acquirer does not know this merchant.",
            "Check the merchant number with the acquirer.",
        ),
    ),
    Reason.PICK_UP_CARD: Meaning(
        "issuer",
        "hard",
        False,
        Words(_ASK_BANK_FR, "La banque a mis cette carte en opposition.", "Ne réessayez pas cette carte."),
        Words(_ASK_BANK_EN, "The bank has stopped this card.", "Do not try this card again."),
    ),
    Reason.DO_NOT_HONOUR: Meaning(
        "issuer",
        "soft",
        True,
        Words(
            _ASK_BANK_FR,
            "La banque refuse sans donner de motif.",
            "Demandez une autre carte. Seule la banque peut dire pourquoi.",
        ),
        Words(
            _ASK_BANK_EN,
            "The bank declines and gives no reason.",
            "Ask for another card. Only the bank can say why.",
        ),
    ),
    Reason.INVALID_TRANSACTION: Meaning(
        "issuer",
        "hard",
        False,
        Words(_ASK_BANK_FR, "Cette carte ne permet pas ce type d’opération.", "Demandez une autre carte."),
        Words(_ASK_BANK_EN, "This card does not allow this kind of operation.", "Ask for another card."),
    ),
    Reason.INVALID_AMOUNT: Meaning(
        "issuer",
        "hard",
        False,
        Words(
            "Ce montant n’est pas accepté.",
            "La banque ne traite pas ce montant.",
            "Vérifiez le montant saisi.",
        ),
        Words(
            "This amount is not accepted.",
            "The bank does not handle this amount.",
            "Check the amount that was entered.",
        ),
    ),
    Reason.INVALID_CARD_NUMBER: Meaning(
        "issuer",
        "hard",
        False,
        Words(
            "Cette carte n’est pas reconnue. Utilisez une autre carte.",
            "La banque ne connaît pas ce numéro de carte.",
            "Demandez une autre carte.",
        ),
        Words(
            "This card is not recognised. Use another card.",
            "The bank does not know this card number.",
            "Ask for another card.",
        ),
    ),
    Reason.NO_SUCH_ISSUER: Meaning(
        "acquirer",
        "hard",
        False,
        Words(
            "Cette carte n’est pas reconnue. Utilisez une autre carte.",
            "Aucune banque ne correspond à cette carte.",
            "Demandez une autre carte.",
        ),
        Words(
            "This card is not recognised. Use another card.",
            "No bank matches this card.",
            "Ask for another card.",
        ),
    ),
    Reason.FORMAT_ERROR: Meaning(
        "acquirer",
        "hard",
        False,
        Words(
            _TRY_LATER_FR,
            "L’acquéreur n’a pas compris notre message.",
            "Transmettez la référence à l’exploitation.",
        ),
        Words(
            _TRY_LATER_EN,
            "The acquirer did not understand our message.",
            "Pass the reference on to operations.",
        ),
    ),
    Reason.LOST_CARD: Meaning(
        "issuer",
        "hard",
        False,
        Words(
            _ASK_BANK_FR,
            "La carte est déclarée perdue. Ne le dites pas au client.",
            "Ne réessayez pas cette carte.",
        ),
        Words(
            _ASK_BANK_EN,
            "The card is reported lost. Do not tell the customer.",
            "Do not try this card again.",
        ),
    ),
    Reason.STOLEN_CARD: Meaning(
        "issuer",
        "hard",
        False,
        Words(
            _ASK_BANK_FR,
            "La carte est déclarée volée. Ne le dites pas au client.",
            "Ne réessayez pas cette carte.",
        ),
        Words(
            _ASK_BANK_EN,
            "The card is reported stolen. Do not tell the customer.",
            "Do not try this card again.",
        ),
    ),
    Reason.INSUFFICIENT_FUNDS: Meaning(
        "issuer",
        "soft",
        True,
        Words(
            "Votre banque n’a pas accepté ce montant. Utilisez une autre carte ou un autre montant.",
            "Le solde ou le plafond de la carte ne suffit pas.",
            "Demandez une autre carte, ou un montant plus petit.",
        ),
        Words(
            "Your bank did not accept this amount. Use another card or another amount.",
            "The card’s balance or limit is not enough.",
            "Ask for another card, or a smaller amount.",
        ),
    ),
    Reason.EXPIRED_CARD: Meaning(
        "issuer",
        "hard",
        False,
        Words(
            "Votre carte a expiré. Utilisez une autre carte.",
            "La banque dit que la carte a expiré.",
            "Demandez une autre carte.",
        ),
        Words(
            "Your card has expired. Use another card.",
            "The bank says that the card has expired.",
            "Ask for another card.",
        ),
    ),
    Reason.INCORRECT_PIN: Meaning(
        "issuer",
        "soft",
        True,
        Words(
            "Le code saisi n’est pas le bon. Réessayez.",
            "Le code confidentiel est faux.",
            "Le client peut ressaisir son code.",
        ),
        Words(
            "The code entered is not right. Try again.",
            "The PIN is wrong.",
            "The customer may enter the PIN again.",
        ),
    ),
    Reason.NOT_PERMITTED_TO_CARDHOLDER: Meaning(
        "issuer",
        "hard",
        False,
        Words(
            _ASK_BANK_FR, "La banque ne permet pas cette opération à ce porteur.", "Demandez une autre carte."
        ),
        Words(
            _ASK_BANK_EN, "The bank does not allow this cardholder this operation.", "Ask for another card."
        ),
    ),
    Reason.NOT_PERMITTED_TO_TERMINAL: Meaning(
        "acquirer",
        "hard",
        False,
        Words(
            _SHOP_FR,
            "L’acquéreur ne permet pas cette opération à ce terminal.",
            "Vérifiez le contrat avec l’acquéreur.",
        ),
        Words(
            _SHOP_EN,
            "The acquirer does not allow this terminal this operation.",
            "Check the contract with the acquirer.",
        ),
    ),
    Reason.SUSPECTED_FRAUD: Meaning(
        "issuer",
        "hard",
        False,
        Words(
            _ASK_BANK_FR,
            "La banque soupçonne une fraude. Ne le dites pas au client.",
            "Ne réessayez pas cette carte.",
        ),
        Words(
            _ASK_BANK_EN, "The bank suspects fraud. Do not tell the customer.", "Do not try this card again."
        ),
    ),
    Reason.AMOUNT_LIMIT_EXCEEDED: Meaning(
        "issuer",
        "soft",
        True,
        Words(
            "Le plafond de votre carte est atteint. Utilisez une autre carte ou un autre montant.",
            "Le plafond de montant de la carte est atteint.",
            "Demandez une autre carte, ou un montant plus petit.",
        ),
        Words(
            "Your card has reached its limit. Use another card or another amount.",
            "The card’s amount limit is reached.",
            "Ask for another card, or a smaller amount.",
        ),
    ),
    Reason.RESTRICTED_CARD: Meaning(
        "issuer",
        "hard",
        False,
        Words(
            _ASK_BANK_FR,
            "La carte est limitée par la banque : pays, usage ou commerce.",
            "Demandez une autre carte.",
        ),
        Words(_ASK_BANK_EN, "The bank restricts this card: country, use or trade.", "Ask for another card."),
    ),
    Reason.FREQUENCY_EXCEEDED: Meaning(
        "issuer",
        "soft",
        True,
        Words(
            "Votre carte a été utilisée trop de fois. Utilisez une autre carte ou réessayez demain.",
            "Le nombre d’opérations permis par la banque est atteint.",
            "Demandez une autre carte.",
        ),
        Words(
            "Your card was used too many times. Use another card or try again tomorrow.",
            "The number of operations that the bank allows is reached.",
            "Ask for another card.",
        ),
    ),
    Reason.PIN_TRIES_EXCEEDED: Meaning(
        "issuer",
        "hard",
        False,
        Words(
            "Trop de codes faux ont été saisis. Utilisez une autre carte et appelez votre banque.",
            "La carte est bloquée après trop de codes faux.",
            "Demandez une autre carte.",
        ),
        Words(
            "Too many wrong codes were entered. Use another card and call your bank.",
            "The card is blocked after too many wrong PINs.",
            "Ask for another card.",
        ),
    ),
    Reason.STRONG_AUTHENTICATION_REQUIRED: Meaning(
        "issuer",
        "soft",
        True,
        Words(
            "Votre banque demande une vérification. Insérez la carte et saisissez votre code.",
            "La banque exige une authentification forte.",
            "Refaites le paiement avec la puce et le code.",
        ),
        Words(
            "Your bank asks for a check. Insert the card and enter your code.",
            "The bank requires strong authentication.",
            "Make the payment again with chip and PIN.",
        ),
    ),
    Reason.REVOCATION_OF_MANDATE: Meaning(
        "issuer",
        "hard",
        False,
        Words(
            "Vous avez arrêté ces prélèvements auprès de votre banque.",
            "Le porteur a retiré son autorisation de prélever.",
            "Ne prélevez plus cette carte. Contactez le client.",
        ),
        Words(
            "You stopped these payments at your bank.",
            "The cardholder withdrew the authorisation to charge.",
            "Do not charge this card again. Contact the customer.",
        ),
    ),
    Reason.ISSUER_UNAVAILABLE: Meaning(
        "issuer",
        "soft",
        True,
        Words(
            "Votre banque ne répond pas. Réessayez dans quelques minutes.",
            "La banque du porteur est injoignable pour l’acquéreur.",
            "Réessayez, ou demandez une autre carte.",
        ),
        Words(
            "Your bank does not answer. Try again in a few minutes.",
            "The acquirer cannot reach the cardholder’s bank.",
            "Try again, or ask for another card.",
        ),
    ),
    Reason.SYSTEM_MALFUNCTION: Meaning(
        "acquirer",
        "soft",
        True,
        Words(
            _TRY_LATER_FR,
            "L’acquéreur signale une panne chez lui.",
            "Réessayez. Si cela dure, prévenez l’exploitation.",
        ),
        Words(
            _TRY_LATER_EN,
            "The acquirer reports a fault of its own.",
            "Try again. If it lasts, tell operations.",
        ),
    ),
    Reason.DUPLICATE_AT_HOST: Meaning(
        "acquirer",
        "hard",
        False,
        Words(
            "Ce paiement semble déjà fait.",
            "L’acquéreur a déjà vu cette opération.",
            "Cherchez le premier paiement avant de recommencer.",
        ),
        Words(
            "This payment seems to be made already.",
            "The acquirer has seen this operation before.",
            "Look for the first payment before trying again.",
        ),
    ),
    Reason.OTHER_DECLINE: Meaning(
        "issuer",
        "soft",
        True,
        Words(
            _ASK_BANK_FR,
            "Refus avec un code que nous ne connaissons pas.",
            "Demandez une autre carte. Le code reçu figure sur cette page.",
        ),
        Words(
            _ASK_BANK_EN,
            "Declined with a code that we do not know.",
            "Ask for another card. The code received is on this page.",
        ),
    ),
    Reason.DECLINED_AT_TERMINAL: Meaning(
        "nobody",
        "soft",
        True,
        Words(
            "Le terminal a refusé l’opération : aucune somme n’a bougé.",
            "Le terminal signale un refus décidé hors ligne ; rien n’est enregistré ni envoyé à l’acquéreur.",
            "Recommencez l’opération, ou réglez par un autre moyen.",
        ),
        Words(
            "The terminal declined the operation: no money moved.",
            "The terminal reports a decline made offline; nothing is booked or sent to the acquirer.",
            "Do it again, or by another means.",
        ),
    ),
}
