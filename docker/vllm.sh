#!/bin/sh
# What can be set stands in docker-compose.yml; which sizes fit: docs/deployment.md.
set -eu
VLLM_API_KEY="$(cat /run/secrets/leverframe_model_api_key)"
export VLLM_API_KEY
set -- "$MODEL" --revision "$MODEL_REVISION" --host 0.0.0.0 --port 8000 \
    --enable-prefix-caching --generation-config vllm --scheduling-policy priority \
    --structured-outputs-config '{"backend": "xgrammar", "disable_any_whitespace": true}' \
    --max-model-len "$VLLM_CONTEXT" --max-num-seqs "$VLLM_SEQUENCES" \
    --tensor-parallel-size "$VLLM_GPUS" --gpu-memory-utilization 0.9
if [ -n "$VLLM_QUANTIZATION" ]; then
    set -- "$@" --quantization "$VLLM_QUANTIZATION"
fi
exec vllm serve "$@"
