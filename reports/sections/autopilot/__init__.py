"""What an autopilot did that flew the vehicle: its course, its estimate, its motors, its log."""
