"""Words that invented merchants are made of. Places: a department and its chief town, the most peopled first."""

from typing import Final

_SURNAMES: Final = (
    "Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Michel Lefèvre Leroy Roux David "
    "Bertrand Morel Fournier Girard Bonnet Dupont Lambert Fontaine Rousseau Vincent Muller Faure André Mercier Blanc "
    "Guérin Boyer Garnier Chevalier François Legrand Gauthier Garcia Perrin Robin Clément Morin Nicolas Henry Roussel "
    "Mathieu Gautier Masson Marchand Duval Denis Dumont Marie Lemaire Noël Meyer Dufour Meunier Brun Blanchard Giraud "
    "Joly Rivière Lucas Brunet Gaillard Barbier Arnaud Martinez Gérard Roche Renard Schmitt Roy Leroux Colin Vidal "
    "Caron Picard Roger Fabre Aubert Lemoine Renaud Dumas Lacroix Olivier Philippe Bourgeois Pierre Benoît Rey Leclerc "
    "Payet Rolland Leclercq Guillaume Lecomte López Jean Dupuy Guillot Hubert Berger Carpentier Sánchez Dupuis Moulin "
    "Louis Deschamps Huet Vasseur Perez Boucher Fleury Royer Klein Jacquet Adam Paris Poirier Marty Aubry Guyot Carré "
    "Charles Renault Charpentier Ménard Maillard Baron Bertin Bailly Hervé Schneider Fernández Le Gall Collet Léger "
    "Bouvier Julien Prévost Millet Perrot Daniel Le Roux Cousin Germain Breton Rémy Tanguy Besson Langlois Étienne "
    "Lebrun Pelletier Lévêque Barré Marchal Weber Rodríguez Hamon Ferrand Okoye Belaïd Kaplan Nguyen Traoré Diallo"
)

_FIRST_NAMES: Final = (
    "Adèle Aimé Alice Amélie Anaïs Baptiste Camille Chloé Clémence Élodie Émile Estelle Étienne Félix Gaëlle Hugo Inès "
    "Jeanne Joël Jules Karim Léa Louise Lucie Manon Margaux Nadia Noé Océane Paul Rachid Rémi Sacha Solène Théo Yann"
)

TRADES: Final = (
    "Boulangerie",
    "Pharmacie",
    "Boucherie",
    "Librairie",
    "Fromagerie",
    "Épicerie",
    "Café",
    "Brasserie",
    "Restaurant",
    "Crêperie",
    "Coiffure",
    "Optique",
    "Garage",
    "Fleuriste",
    "Cordonnerie",
    "Quincaillerie",
    "Pressing",
    "Bijouterie",
    "Chocolaterie",
    "Cave",
    "Poissonnerie",
    "Primeur",
    "Tabac-presse",
    "Hôtel",
    "Pâtisserie",
    "Mercerie",
    "Droguerie",
    "Jardinerie",
    "Menuiserie",
    "Animalerie",
)

STREETS: Final = (
    "rue de la République",
    "rue Victor-Hugo",
    "place du Marché",
    "avenue de la Gare",
    "rue des Écoles",
    "boulevard Pasteur",
    "rue de l’Église",
    "cours Gambetta",
    "quai du Port",
    "rue du Moulin",
    "avenue Jean-Jaurès",
    "allée des Tilleuls",
    "rue Saint-Michel",
    "Grande Rue",
    "chemin des Vignes",
)

_PLACES: Final = (
    "75 Paris,59 Lille,13 Marseille,69 Lyon,92 Nanterre,93 Bobigny,33 Bordeaux,62 Arras,78 Versailles,94 Créteil,"
    "44 Nantes,31 Toulouse,77 Melun,76 Rouen,38 Grenoble,91 Évry,95 Cergy,34 Montpellier,67 Strasbourg,83 Toulon,"
    "06 Nice,35 Rennes,57 Metz,29 Quimper,974 Saint-Denis,60 Beauvais,49 Angers,42 Saint-Étienne,56 Vannes,"
    "74 Annecy,30 Nîmes,68 Colmar,54 Nancy,14 Caen,45 Orléans,64 Pau,85 La Roche-sur-Yon,63 Clermont-Ferrand,"
    "17 La Rochelle,01 Bourg-en-Bresse,37 Tours,22 Saint-Brieuc,27 Évreux,80 Amiens,51 Châlons-en-Champagne,"
    "72 Le Mans,71 Mâcon,84 Avignon,02 Laon,25 Besançon,21 Dijon,50 Saint-Lô,26 Valence,66 Perpignan,86 Poitiers,"
    "73 Chambéry,24 Périgueux,971 Basse-Terre,40 Mont-de-Marsan,81 Albi,972 Fort-de-France,87 Limoges,79 Niort,"
    "88 Épinal,11 Carcassonne,16 Angoulême,89 Auxerre,03 Moulins,41 Blois,47 Agen,07 Privas,28 Chartres,18 Bourges,"
    "53 Laval,10 Troyes,61 Alençon,08 Charleville-Mézières,12 Rodez,976 Mamoudzou,973 Cayenne,39 Lons-le-Saunier,"
    "82 Montauban,19 Tulle,70 Vesoul,65 Tarbes,43 Le Puy-en-Velay,58 Nevers,55 Bar-le-Duc,32 Auch,36 Châteauroux,"
    "2B Bastia,46 Cahors,04 Digne-les-Bains,52 Chaumont,2A Ajaccio,09 Foix,90 Belfort,15 Aurillac,05 Gap,23 Guéret,"
    "48 Mende"
)

SURNAMES: Final = _SURNAMES.split()
FIRST_NAMES: Final = _FIRST_NAMES.split()
DEPARTMENTS: Final = tuple(place.split(" ", 1)[0] for place in _PLACES.split(","))
CITIES: Final = tuple(place.split(" ", 1)[1] for place in _PLACES.split(","))
