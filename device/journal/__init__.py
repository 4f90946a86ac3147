"""What happened, kept in SQLite so that no acknowledged repetition is ever lost."""
