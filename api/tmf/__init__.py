"""TM Forum interfaces: other faces of diagnoses, signalisations, collective incidents and alarms."""
