"""PostgreSQL's driver, and what stands between it and a program."""
