//! (key)
