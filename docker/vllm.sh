#!/bin/sh
set -eu
VLLM_API_KEY="$(cat /run/secrets/leverframe_model_api_key)"
export VLLM_API_KEY
exec vllm serve "$MODEL" --revision "$MODEL_REVISION" --host 0.0.0.0 --port 8000 \
    --enable-prefix-caching --max-model-len 8192 --gpu-memory-utilization 0.9
