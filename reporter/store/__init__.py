"""The database: the only room that speaks SQL. Functions take a Session first and return plain frozen values."""
