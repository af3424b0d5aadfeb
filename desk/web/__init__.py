"""The desk in a browser: pages on which operators read what waits and decide on it with their passkeys."""
