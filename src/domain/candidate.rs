//! (candidate)
