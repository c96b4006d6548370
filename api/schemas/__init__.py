"""What the API says and accepts, as pydantic models."""
