#!/bin/sh
# The namespace and the search attributes that the actions set, each with its type. Safe to repeat.
set -eu
namespace="$TEMPORAL_NAMESPACE"
temporal operator namespace describe --namespace "$namespace" >/dev/null 2>&1 ||
    temporal operator namespace create --namespace "$namespace" --retention 60d

# A namespace is not known everywhere at once.
until known="$(temporal operator search-attribute list --namespace "$namespace")"; do
    sleep 1
done
for attribute in LeverframeState:Keyword LeverframeAwaiting:Keyword LeverframeAction:Keyword LeverframeSubject:Keyword \
    LeverframeOutcome:Keyword LeverframeEscalated:Keyword LeverframeClaimed:Keyword LeverframeDeadline:Datetime \
    LeverframeTenant:Keyword; do
    name="${attribute%:*}"
    case "$known" in
    *"$name"*) ;;
    *) temporal operator search-attribute create --namespace "$namespace" --name "$name" --type "${attribute#*:}" ;;
    esac
done
