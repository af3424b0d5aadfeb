"""The HTTP API: what the SDK does for a user's own actions, for services in any language."""
