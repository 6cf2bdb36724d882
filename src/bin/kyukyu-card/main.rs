//! kyukyu
fn main() {}
