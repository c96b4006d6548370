"""Signalisations: forms as data, what is checked in them, the service around them."""
