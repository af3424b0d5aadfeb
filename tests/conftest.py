pytest_plugins = [
    "tests.postgres",
    "tests.rig",
    "tests.servers",
    "tests.stripe_double",
    "tests.refunding",
    "tests.worker.endpoint",
]
