//! (case)
