pytest_plugins = [
    "tests.postgres",
    "tests.refunding",
    "tests.rig",
    "tests.servers",
    "tests.stripe_double",
    "tests.worker.endpoint",
]
