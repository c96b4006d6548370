"""What drivers of OLTs share: put together by a vendor's package, never inherited (see `docs/adding-a-vendor.md`)."""
