"""TMF653 v4: diagnoses and téléactions as service tests."""
