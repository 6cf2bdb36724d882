//! (account)
