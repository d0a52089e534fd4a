"""How is a run carried out? Scenario, loop, trace, criteria, verdict and the command line.

Importing this package imports neither JAX nor a plant.
"""
