#!/bin/sh
# The namespace and the search attributes that the actions set. Safe to repeat.
set -eu
namespace="$TEMPORAL_NAMESPACE"
temporal operator namespace describe --namespace "$namespace" >/dev/null 2>&1 ||
    temporal operator namespace create --namespace "$namespace" --retention 60d

known="$(temporal operator search-attribute list --namespace "$namespace")"
for attribute in LeverframeState LeverframeAwaiting LeverframeAction LeverframeSubject LeverframeOutcome LeverframeEscalated; do
    case "$known" in
    *"$attribute"*) ;;
    *) temporal operator search-attribute create --namespace "$namespace" --name "$attribute" --type Keyword ;;
    esac
done
