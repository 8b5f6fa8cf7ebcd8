#!/usr/bin/env bash
# Makes the Secrets of a first deployment: one file of settings for each, and a kustomization that makes Secrets of them.
#   make-secrets.sh FOLDER                  a new folder outside of the repository; then kubectl apply -k FOLDER
#   make-secrets.sh --development FOLDER    the OAuth client is made up, too: the sandbox takes any
# What somebody else gives out comes by the environment: DATADOG_CLIENT_ID, DATADOG_CLIENT_SECRET; and, where it is not to be
# made up, POSTGRES_PASSWORD (of the administrator), CACHE_PASSWORD, RETURN_TO_KEY (shared with the sign-in page).
set -euo pipefail
umask 077

fail() { printf '%s\n' "$*" >&2; exit 1; }

development=
[ "${1:-}" != --development ] || { development=true; shift; }
[ $# -eq 1 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
readonly folder=$1
command -v openssl >/dev/null || fail "Install openssl first."
# Never over what is in use: a new key ring would make everything stored unreadable.
[ ! -e "$folder" ] || fail "$folder is there already; secrets are made once. Take another folder."

password() { openssl rand -hex 20; }
if [ "$development" ]; then
    DATADOG_CLIENT_ID=${DATADOG_CLIENT_ID:-$(openssl rand -hex 16 | sed -E 's/(.{8})(.{4})(.{4})(.{4})/\1-\2-\3-\4-/')}
    DATADOG_CLIENT_SECRET=${DATADOG_CLIENT_SECRET:-$(password)}
fi
[ "${DATADOG_CLIENT_ID:-}" ] && [ "${DATADOG_CLIENT_SECRET:-}" ] ||
    fail "Set DATADOG_CLIENT_ID and DATADOG_CLIENT_SECRET: the OAuth client of Datadog's Developer Platform."
# A connection string is made of it, in which a semicolon would begin the next part.
for name in POSTGRES_PASSWORD CACHE_PASSWORD; do
    [[ ${!name:-} != *[\;,\"\'\ ]* ]] || fail "$name: no semicolons, commas, quotes or spaces."
done

mkdir -p "$folder"
# setting SECRET KEY VALUE
setting() { printf '%s=%s\n' "$2" "$3" >>"$folder/$1.env"; }

for service in gateway auth vault site-router logs metrics checks events traces incidents; do
    private=$(openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 |
        openssl pkcs8 -topk8 -nocrypt -outform DER | base64 -w0)
    setting "$service" "$service-private-key" "$private"
    [ "$service" = vault ] ||
        setting service-public-keys "$service-public-key" \
            "$(printf %s "$private" | base64 -d | openssl pkey -inform DER -pubout -outform DER | base64 -w0)"
done
for role in auth vault logs metrics checks events traces incidents; do
    setting "$role" "$role-db-password" "$(password)"
done
setting migrator postgres-password "${POSTGRES_PASSWORD:-$(password)}"
setting auth cache-password "${CACHE_PASSWORD:-$(password)}"
setting auth return-to-key "${RETURN_TO_KEY:-$(password)}"
setting auth datadog-client-id "$DATADOG_CLIENT_ID"
setting auth datadog-client-secret "$DATADOG_CLIENT_SECRET"
setting gateway partner-token "$(password)"
setting vault vault-key-1 "$(openssl rand -base64 32)"

{
    cat <<'YAML'
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: datadog-aspire
generatorOptions:
  disableNameSuffixHash: true
  labels:
    app.kubernetes.io/part-of: datadog-aspire
secretGenerator:
YAML
    for file in "$folder"/*.env; do
        name=$(basename "$file" .env)
        printf -- '  - name: %s\n    envs: [%s.env]\n' "$name" "$name"
    done
} >"$folder/kustomization.yaml"
