pytest_plugins = ["tests.postgres", "tests.rig"]
