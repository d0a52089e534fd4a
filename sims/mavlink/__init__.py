"""What flies by MAVLink: PX4 in simulation, and the link to it that rigs use as well."""
