"""What does the controller do, and is it stable?

Pure functions of arrays: the AGP law, the gravity it counters, the frames it is stated in, and
the nominal stability of its loop. Nothing here reads a file, a clock or a socket, and importing
this package imports neither JAX nor a plant.
"""
