//! (consent)
