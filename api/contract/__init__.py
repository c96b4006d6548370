"""The contract of the interface: its OpenAPI document in French and English, its pages, how parts of it are retired."""
