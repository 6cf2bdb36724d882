//! (institution)
