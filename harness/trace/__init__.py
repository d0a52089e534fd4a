"""The run directory as data: file names, column schema, hash chain, reader.

A leaf: it imports nothing else of this project, so that anything may read a run.
"""
