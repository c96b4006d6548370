"""TMF621 v4: signalisations as trouble tickets."""
