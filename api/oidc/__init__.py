"""Sign-in by OpenID Connect: any provider that has a discovery document, beside the local accounts."""
