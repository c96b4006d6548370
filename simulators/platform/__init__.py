"""The Internet platform of the plant: RADIUS status, LNS, name servers, servers of the Internet, relay of flows."""
