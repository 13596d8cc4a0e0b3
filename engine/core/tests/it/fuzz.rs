//! Seeded random commands.
