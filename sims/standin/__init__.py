"""A stand-in for PX4: speaks its protocol to a simulator and to a harness, where PX4 isn't there.

It flies by its sensors alone, through an estimator, a cascade of controllers and a mixer of its
own, and says who it is when asked (:mod:`sims.standin.identity`). It is no model of PX4's code: a
flight that must look like PX4's is flown with PX4.
"""
