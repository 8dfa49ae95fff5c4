#!/bin/sh
# Writes .env with random passwords, once. Letters and digits only, and a letter first, so that no URL nor NATS's own
# configuration reads them as something else.
set -eu
cd "$(dirname "$0")"
[ ! -e .env ] || { echo ".env exists already; remove it to make another" >&2; exit 1; }
umask 077
secret() { printf 'p%s' "$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')"; }
for name in POSTGRES_PASSWORD GUICHET_OWNER_PASSWORD GUICHET_CORE_PASSWORD \
    NATS_EDGE_PASSWORD NATS_CARDS_PASSWORD NATS_ENGINE_PASSWORD NATS_DESK_PASSWORD NATS_WORKER_PASSWORD NATS_GATEWAY_PASSWORD; do
    printf '%s=%s\n' "$name" "$(secret)"
done > .env
echo "wrote $(pwd)/.env"
