//! The acts, one family a file. Each is a function over a `Desk`; none touches the world itself.

pub(crate) mod accounts;
pub(crate) mod asking;
pub(crate) mod authorities;
pub(crate) mod candidates;
pub(crate) mod card_list;
pub(crate) mod cards;
pub(crate) mod cases;
pub(crate) mod deadlines;
pub(crate) mod drafting;
pub(crate) mod enrol;
pub(crate) mod evidence;
pub(crate) mod explanations;
pub(crate) mod export;
pub(crate) mod faces;
pub(crate) mod factor;
pub(crate) mod home;
pub(crate) mod login;
pub(crate) mod logs;
mod notices;
pub(crate) mod people;
pub(crate) mod reading;
pub(crate) mod recovery;
pub(crate) mod review_report;
pub(crate) mod reviews;
pub(crate) mod sessions;
pub(crate) mod shipping;
pub(crate) mod tokens;
