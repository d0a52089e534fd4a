"""The command line. Together with the pytest plugin, the only part that composes the others."""
