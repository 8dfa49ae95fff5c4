-- migrate:up
-- A question that customers ask. What it says is in its versions; `version` is the one that holds. The assistant answers by
-- these alone.
CREATE TABLE faq_entry (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    version smallint NOT NULL CHECK (version BETWEEN 1 AND 9999),
    changed_at timestamptz NOT NULL,
    removed_at timestamptz
);

-- What an entry said from a moment on, and who wrote it. A version never changes.
CREATE TABLE faq_version (
    entry_id uuid NOT NULL REFERENCES faq_entry (id),
    number smallint NOT NULL CHECK (number BETWEEN 1 AND 9999),
    topic text NOT NULL CHECK (topic IN ('payments', 'card', 'unpaid', 'order', 'account', 'contact')),
    place smallint NOT NULL CHECK (place BETWEEN 0 AND 999), -- within its topic
    question_fr text NOT NULL CHECK (length(question_fr) BETWEEN 5 AND 200),
    question_en text NOT NULL CHECK (length(question_en) BETWEEN 5 AND 200),
    answer_fr text NOT NULL CHECK (length(answer_fr) BETWEEN 5 AND 2000),
    answer_en text NOT NULL CHECK (length(answer_en) BETWEEN 5 AND 2000),
    keywords text NOT NULL DEFAULT '' CHECK (length(keywords) <= 300), -- other words by which it is asked for
    published boolean NOT NULL,
    made_by uuid REFERENCES agent (id),
    made_at timestamptz NOT NULL,
    PRIMARY KEY (entry_id, number)
);

WITH said (topic, place, question_fr, question_en, answer_fr, answer_en, keywords) AS (
VALUES
(
    'payments', 1, 'Quand serai-je prélevé ?', 'When will I be debited?',
    'Les dates figurent sur votre échéancier. Elles sont indicatives : un prélèvement peut passer un ou deux jours plus tard.',
    'The dates stand on your schedule. They are indicative: a debit may come one or two days later.',
    'date échéance prélèvement jour débit instalment due'
),
(
    'payments', 2, 'Puis-je payer plus tôt ?', 'May I pay earlier?',
    'Oui. Demandez-le à l''enseigne chez qui vous avez acheté : elle nous le dit, et l''échéance est prélevée plus tôt.',
    'Yes. Ask the shop where you bought: it tells us, and the instalment is collected earlier.',
    'avance anticiper solder ahead early'
),
(
    'payments', 3, 'Combien coûte le paiement en plusieurs fois ?', 'What does paying in instalments cost?',
    'Les frais éventuels sont affichés avant l''achat et sur votre échéancier. Il n''y en a pas d''autres.',
    'Any fee is shown before the purchase and on your schedule. There is no other.',
    'frais coût intérêt taux fee price'
),
(
    'card', 1, 'Comment changer de carte bancaire ?', 'How do I change my card?',
    'Dans votre espace, à côté de la carte, choisissez « Modifier ». La carte doit être une Visa ou une Mastercard, valable au-delà du dernier prélèvement. Le changement n''est plus possible dans les sept jours qui précèdent un prélèvement.',
    'In your space, beside the card, choose “Change”. It must be a Visa or a Mastercard that is valid past the last debit. It can no longer be changed within the seven days before a debit.',
    'modifier nouvelle carte numéro expirée perdue volée new card expired lost stolen'
),
(
    'card', 2, 'Pourquoi ma nouvelle carte est-elle refusée ?', 'Why is my new card refused?',
    'Trois raisons sont possibles : elle n''est ni Visa ni Mastercard, elle expire avant le dernier prélèvement, ou votre banque ne l''a pas confirmée. L''ancienne carte reste en place.',
    'Three reasons are possible: it is neither Visa nor Mastercard, it expires before the last debit, or your bank did not confirm it. The old card stays.',
    'refus rejet carte rejected declined'
),
(
    'unpaid', 1, 'Comment régulariser un impayé ?', 'How do I settle an unpaid instalment?',
    'Dans votre espace, sur l''échéancier impayé, choisissez « Régulariser ». Vous payez tout de suite, ou en deux ou trois fois, un mois entre chaque.',
    'In your space, on the unpaid schedule, choose “Settle”. You pay at once, or in two or three parts a month apart.',
    'impayé dette retard rejeté contentieux debt late overdue'
),
(
    'unpaid', 2, 'Pourquoi mon prélèvement a-t-il échoué ?', 'Why did my debit fail?',
    'Le plus souvent, le compte n''était pas assez approvisionné ou la carte a expiré. Un nouvel essai a lieu quand la banque le permet ; vous en êtes averti par e-mail.',
    'Most often there was not enough money on the account, or the card has expired. It is tried again where the bank allows it, and you are told by e-mail.',
    'échec rejet provision insuffisant failed insufficient funds'
),
(
    'order', 1, 'J''ai annulé ma commande : que devient mon échéancier ?', 'I cancelled my order: what becomes of my schedule?',
    'Le commerçant nous dit ce qu''il annule. L''échéancier est recalculé sur ce qui reste, et ce que vous avez payé en trop vous est rendu sur votre carte.',
    'The merchant tells us what is cancelled. The schedule is worked out anew on what remains, and what you paid too much goes back to your card.',
    'annulation retour remboursement refund return cancellation'
),
(
    'order', 2, 'Ma livraison a un problème : qui contacter ?', 'Something is wrong with my delivery: whom do I ask?',
    'Le commerçant. Il est le seul à connaître la livraison et à pouvoir annuler la commande.',
    'The merchant, who alone knows of the delivery and can cancel the order.',
    'colis livraison retard cassé parcel delivery broken'
),
(
    'account', 1, 'Comment ouvrir mon espace ?', 'How do I open my space?',
    'Choisissez « Première connexion » et donnez l''adresse e-mail de votre commande. Vous recevez un lien pour choisir votre mot de passe.',
    'Choose “First connection” and give the e-mail address of your order. You get a link to choose your password.',
    'première connexion compte inscription accès first connection account'
),
(
    'account', 2, 'J''ai oublié mon mot de passe.', 'I forgot my password.',
    'Choisissez « Mot de passe oublié » à la connexion. Le lien reçu par e-mail sert une fois. Aucun conseiller ne peut choisir un mot de passe à votre place.',
    'Choose “Forgotten password” where you log in. The link in the e-mail works once. No adviser can choose a password for you.',
    'mot de passe oublié perdu connexion bloqué password forgotten lost locked'
),
(
    'account', 3, 'J''ai commandé avec plusieurs adresses e-mail.', 'I ordered with several e-mail addresses.',
    'Ajoutez vos autres adresses dans votre espace, et confirmez chacune par le lien reçu : toutes vos commandes y figurent ensuite.',
    'Add your other addresses in your space and confirm each by the link you get: all your orders are there then.',
    'plusieurs adresses e-mail commandes manquante several addresses missing order'
),
(
    'contact', 1, 'Comment joindre un conseiller ?', 'How do I reach an adviser?',
    'Par chat, WhatsApp, téléphone ou formulaire, aux horaires indiqués sur la page de contact.',
    'By chat, WhatsApp, telephone or form, at the hours shown on the contact page.',
    'conseiller humain téléphone appeler parler personne human person call phone'
)
),
entry AS MATERIALIZED (SELECT uuidv7() AS id, said.* FROM said),
made AS (INSERT INTO faq_entry (id, version, changed_at) SELECT id, 1, now() FROM entry RETURNING id)
INSERT INTO faq_version (
    entry_id, number, topic, place, question_fr, question_en, answer_fr, answer_en, keywords, published, made_at
)
SELECT made.id, 1, e.topic, e.place, e.question_fr, e.question_en, e.answer_fr, e.answer_en, e.keywords, true, now()
FROM made JOIN entry e ON e.id = made.id;

SELECT allow_at_first('faq.read', '{hotline,shop_seller,technician,back_office,sales,legal,supervisor,administrator}');
SELECT allow_at_first('faq.write', '{back_office,supervisor,administrator}');

-- migrate:down
DELETE FROM role_permission WHERE permission IN ('faq.read', 'faq.write');
DELETE FROM founding_permission WHERE permission IN ('faq.read', 'faq.write');
DROP TABLE faq_version;
DROP TABLE faq_entry;
