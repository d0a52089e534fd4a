"""What is the controller closed against? One folder a plant family, one Plant protocol.

Importing this package imports no backend.
"""
