"""A quadrotor as an autopilot meets it: rotors, a PyBullet body, the ground, wind and sensors."""
