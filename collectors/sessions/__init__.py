"""PPP sessions: RADIUS accounting and the authentication log of the RADIUS servers."""
