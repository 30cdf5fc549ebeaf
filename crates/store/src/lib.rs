//! How Yakuba remembers: one SQL text in transactions on SQLite or PostgreSQL.
