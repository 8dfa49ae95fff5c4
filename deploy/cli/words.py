"""What the command line says, in English and French."""

from __future__ import annotations

import os
import sys
from typing import Final

from deploy.local.error_words import Language

# key: (English, French). Facts go in by str.format.
WORDS: Final[dict[str, tuple[str, str]]] = {
    "usage": ("Usage: guichet COMMAND [OPTIONS]", "Utilisation : guichet COMMANDE [OPTIONS]"),
    "commands": ("Commands:", "Commandes :"),
    "more-help": (
        "guichet COMMAND --help says more. Every command takes --json, --lang en|fr and --data DIR.",
        "guichet COMMANDE --help en dit plus. Toute commande accepte --json, --lang en|fr et --data DIR.",
    ),
    "group.up": (
        "Start everything on this machine and keep it running",
        "Tout démarrer sur cette machine et le maintenir en marche",
    ),
    "group.status": (
        "Show what runs, since when, and how healthy it is",
        "Montrer ce qui tourne, et sa santé",
    ),
    "group.down": ("Stop a running copy; data stays", "Arrêter une copie en marche ; les données restent"),
    "group.terminal": (
        "Make one real exchange as a payment terminal",
        "Faire un vrai échange comme un terminal",
    ),
    "group.fleet": ("Behave like an estate of terminals", "Se comporter comme un parc de terminaux"),
    "group.bench": ("Measure this machine", "Mesurer cette machine"),
    "group.verify": ("Check every invariant on the running system", "Vérifier chaque invariant du système"),
    "group.code": (
        "Show the code of a demonstration agent's second factor",
        "Montrer le code du second facteur d’un agent de démonstration",
    ),
    "code.line": (
        "{code} (changes in {seconds} s, works once)",
        "{code} (change dans {seconds} s, sert une fois)",
    ),
    "up.second-factor": (
        "Second factor of these logins: guichet code --agent E-MAIL",
        "Second facteur de ces identifiants : guichet code --agent ADRESSE",
    ),
    "event.starting": ("starting {name}", "démarrage de {name}"),
    "event.ready": ("{name} is ready", "{name} est prêt"),
    "event.died": (
        "{name} ended ({detail}); starting it again in {seconds:.1f} s",
        "{name} s’est arrêté ({detail}) ; redémarrage dans {seconds:.1f} s",
    ),
    "event.restarted": ("{name} runs again", "{name} tourne de nouveau"),
    "event.restart-failed": ("{name} did not start: {detail}", "{name} n’a pas démarré : {detail}"),
    "event.stopping": ("stopping {name}", "arrêt de {name}"),
    "event.note": ("{name}: left over from before, stopped", "{name} : reste d’avant, arrêté"),
    "ready": ("ready", "ready"),
    "up.title": ("Guichet on this machine", "Guichet sur cette machine"),
    "up.what": ("What", "Quoi"),
    "up.where": ("Where", "Où"),
    "up.logins": ("Demonstration logins", "Identifiants de démonstration"),
    "up.stop-hint": (
        "Ctrl-C stops everything; data stays in {data}",
        "Ctrl-C arrête tout ; les données restent dans {data}",
    ),
    "up.stopping": ("stopping everything", "arrêt de l’ensemble"),
    "up.stopped": ("stopped", "arrêté"),
    "port.portal": ("Agent portal", "Portail des agents"),
    "port.gateway": ("API", "API"),
    "port.edge": ("Terminals, plain, this machine only", "Terminaux, en clair, cette machine seulement"),
    "port.edge-tls": ("Terminals, TLS", "Terminaux, TLS"),
    "port.acquirer-control": ("Acquirer simulator, control", "Simulateur d’acquéreur, commande"),
    "port.fleet-control": ("Simulated terminals, control", "Terminaux simulés, commande"),
    "port.mailbox": ("Mail that was sent, for development", "Courrier envoyé, pour le développement"),
    "port.postgres": ("PostgreSQL", "PostgreSQL"),
    "port.nats": ("NATS", "NATS"),
    "status.name": ("Name", "Nom"),
    "status.state": ("State", "État"),
    "status.pid": ("Pid", "Pid"),
    "status.since": ("Since", "Depuis"),
    "status.restarts": ("Restarts", "Redémarrages"),
    "status.memory": ("Memory MiB", "Mémoire Mio"),
    "status.port": ("Port", "Port"),
    "status.health": ("Health", "Santé"),
    "status.total": ("total", "total"),
    "state.ready": ("ready", "prêt"),
    "state.starting": ("starting", "démarre"),
    "state.restarting": ("restarting", "redémarre"),
    "state.stopped": ("stopped", "arrêté"),
    "health.well": ("well", "bonne"),
    "health.ill": ("not ready", "pas prêt"),
    "health.silent": ("no answer", "pas de réponse"),
    "health.unknown": ("-", "-"),
    "down.done": ("stopped; data stays in {data}", "arrêté ; les données restent dans {data}"),
    "verify.good": ("holds ", "tient "),
    "verify.bad": ("BROKEN", "ROMPU "),
    "verify.counts": (
        "{checked:>9} checked {breaches:>5} broken {waiting:>5} waiting {closed:>5} closed",
        "{checked:>9} vérifiés {breaches:>5} rompus {waiting:>5} en attente {closed:>5} clos",
    ),
    "verify.left": ("still under way: {left}", "encore en cours : {left}"),
    "verify.holds": ("every invariant holds ({seconds} s)", "tous les invariants tiennent ({seconds} s)"),
    "verify.broken": ("something is broken ({seconds} s)", "quelque chose est rompu ({seconds} s)"),
    "error.unknown-command": (
        "there is no command {command}; guichet --help lists them",
        "la commande {command} n’existe pas ; guichet --help les énumère",
    ),
    "error.usage": ("{said}; see guichet {command} --help", "{said} ; voir guichet {command} --help"),
    "error.unexpected": (
        "{kind}: {said}; run it again with GUICHET_DEBUG=1 to see where",
        "{kind} : {said} ; relancez avec GUICHET_DEBUG=1 pour savoir où",
    ),
}


def language(option: str | None = None) -> Language:
    """Return the language asked for by --lang, else by the environment as gettext reads it, else English."""
    wanted = option or next(
        (os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "en"
    )
    return "fr" if wanted.lower().startswith("fr") else "en"


def asked_language(tokens: list[str] | None = None) -> Language:
    """Return the language for a command line that is not parsed yet, or may never be."""
    given = sys.argv[1:] if tokens is None else tokens
    for word, following in zip(given, [*given[1:], ""], strict=True):
        if word.startswith("--lang="):
            return language(word.removeprefix("--lang="))
        if word == "--lang" and following:
            return language(following)
    return language()


def say(spoken: Language, key: str, **facts: object) -> str:
    """Return the words for `key`. Raises: KeyError for a key that is not in the catalogue."""
    english, french = WORDS[key]
    return (french if spoken == "fr" else english).format(**facts)
