//! (insurer)
