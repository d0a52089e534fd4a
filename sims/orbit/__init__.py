"""Orbits of rigid bodies about a central body, with PyBullet as the physics."""
