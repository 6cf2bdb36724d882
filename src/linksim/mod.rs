//! (linksim)
