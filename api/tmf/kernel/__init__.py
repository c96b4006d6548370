"""What the four interfaces share: errors, filters, paging, merge, hubs."""
