//! (sendable)
