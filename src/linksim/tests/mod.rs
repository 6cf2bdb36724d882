//! Tests over a real folder.
