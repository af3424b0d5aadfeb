"""Settings, one file and one class for each process that needs them.

A role reads its own class and no other, so that a process can be given only the secrets of its roles. A
secret may be a file instead of a variable: its lower-case name, for example ``leverframe_scope_key``, in the
folder that ``LEVERFRAME_SECRETS_DIR`` names (``/run/secrets`` where that exists).
"""
