//! (medical)
