//! (factor)
